# Brings a machine up: its root file system, its devices, its console, and then the first process of its own.
#
# Runs as root in namespaces of the machine's own (network, mounts, processes, host name), all of which end with it.
#     sh boot.sh FOLDER LAYERS HOST-NAME NAME-SERVER
# LAYERS are the read-only layers of its disk, the topmost first, as overlayfs takes them. FOLDER has `upper`, where everything that
# the machine writes is kept, and `seed`, what cloud-init is told.
set -eu
folder=$1 layers=$2 name=$3 server=$4
root=$folder/root

mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$layers,upperdir=$folder/upper,workdir=$folder/work" "$root"
mkdir -p "$root/proc" "$root/sys" "$root/run" "$root/dev" "$root/var/lib/cloud/seed/nocloud"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root/run/lock" "$root/run/sshd"
mount --bind "$folder/seed" "$root/var/lib/cloud/seed/nocloud"

mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
while read -r device major minor; do
    mknod -m 666 "$root/dev/$device" c "$major" "$minor"
done <<END
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
END

# What is written to the console is what GetConsoleOutput shows.
mkfifo -m 600 "$root/dev/console"
cat <>"$root/dev/console" >>"$folder/console" &

hostname "$name"
printf 'nameserver %s\n' "$server" >"$root/etc/resolv.conf"
printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >"$root/etc/hosts"

exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/ \
    chroot "$root" /bin/sh /etc/machine-init </dev/null >"$root/dev/console" 2>&1
