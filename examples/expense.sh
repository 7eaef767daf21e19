#!/bin/sh
# The whole of an environment: the network, a bastion, a database, two load balancers; a backend and a frontend baked by Ansible and rolled
# out; a request through both of them; version 2 baked and rolled over while requests go on; and everything taken down again.
#
#     cargo sandbox --machines examples/expense.sh     on this machine, no account needed: real machines, real SSH, real HTTP
#     sh examples/expense.sh                           on the account that your AWS settings reach
#
# Needs jq, curl and Ansible.
set -eu
here=$(dirname "$0")/expense

# Where administrators come from. 203.0.113.0/24 is an example, and where the sandbox's own shell is: give your own.
admin_cidr=${ADMIN_CIDR:-203.0.113.0/24}
environment='--project expense --env dev'
host=web-dev.example.com
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

say() { printf '\n== %s\n' "$*" >&2; }

# roll_out VERSION <DOCUMENT >DOCUMENT: bakes both components and rolls them out.
roll_out() {
    document=$(cat)
    database=$(printf '%s' "$document" | jq -r .rds.mysql.endpoint.address)
    balancer=$(printf '%s' "$document" | jq -r .alb.app.dns_name)
    printf '%s' "$document" |
        bake create backend --playbook "$here/backend.yml" --version "$1" -e "version=$1" -e "database=$database" |
        bake create frontend --playbook "$here/frontend.yml" --version "$1" -e "version=$1" \
            -e "backend=$balancer" -e backend_host=backend.app-dev.example.com |
        asg create backend --alb app --port 8080 --health /health --host backend.app-dev.example.com |
        asg create frontend --alb web --port 80 --health / --host "$host"
}

# ask PATH: one request to the frontend, through the load balancer that faces the internet.
ask() { curl --silent --show-error --fail --max-time 10 --header "Host: $host" "http://$web$1"; }

say "the network, a bastion, load balancers and a database"
# shellcheck disable=SC2086 # the two flags are two words each
vpc create $environment |
    sg create --admin-cidr "$admin_cidr" |
    bastion create |
    alb create app |
    alb create web |
    rds create >"$folder/network.json"
web=$(jq -r .alb.web.dns_name "$folder/network.json")

say "version 1"
roll_out 1 <"$folder/network.json" >"$folder/version-1.json"
ask / >&2
ask /api/ | tee "$folder/answer.json" >&2
jq --exit-status --arg database "$(jq -r .rds.mysql.endpoint.address "$folder/network.json")" \
    '.version == "1" and .database == $database' "$folder/answer.json" >/dev/null

say "version 2, while requests go on"
while [ ! -e "$folder/enough" ]; do
    if ask /api/ >>"$folder/answers" 2>>"$folder/failures"; then echo; else echo failed >>"$folder/failed"; fi
    sleep 0.1
done >/dev/null &
asking=$!
roll_out 2 <"$folder/version-1.json" >"$folder/version-2.json"
touch "$folder/enough"
wait "$asking"
answered=$(wc -l <"$folder/answers")
failed=$(cat "$folder/failed" 2>/dev/null | wc -l)
printf '%s requests answered while version 2 was rolled out, %s failed\n' "$answered" "$failed" >&2
[ "$failed" -eq 0 ] || { cat "$folder/failures" >&2; exit 1; }
ask /api/ | jq --exit-status '.version == "2"' >/dev/null

say "what was baked, and what runs it"
bake list <"$folder/version-2.json" >&2

say "everything taken down"
asg delete <"$folder/version-2.json" | bake delete | alb delete | rds delete --skip-final-snapshot | bastion delete | sg delete |
    vpc delete
