# The first process of a machine: cloud-init's stages in their order, the services that are enabled, and then nothing until the end.
#
# There is no systemd here: services are those of /etc/rc2.d, as `update-rc.d` and Ansible's `service` module enable them.

# When the first process of a namespace ends, the kernel ends all others.
end() {
    kill -TERM -1
    sleep 0.1
    exit 0
}
trap end TERM

# An image that was made ready for others has none, and gets one at its first start.
[ -s /etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id

cloud-init init --local
cloud-init init
cloud-init modules --mode config
for service in /etc/rc2.d/S*; do
    [ -x "$service" ] && "$service" start
done
cloud-init modules --mode final

while :; do
    sleep 3600 &
    wait $!
done
