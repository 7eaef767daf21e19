#!/bin/sh
# Servers behind load balancers: the network, two load balancers, and a backend and a frontend behind them, up and healthy; then all of it
# taken down again in the reverse order. Prints the finished document in between.
#
#     cargo sandbox examples/servers.sh       on this machine, no account needed
#     sh examples/servers.sh                  on the account that your AWS settings reach, with images of your own
set -eu

# Where administrators come from. 203.0.113.0/24 is an example: give your own.
admin_cidr=${ADMIN_CIDR:-203.0.113.0/24}
# What the servers run: an image that answers on ports 8080 and 80. By default the Amazon Linux 2023 of the sandbox, which answers anything.
image=${IMAGE:-ami-033ca6eab3d6b810e}

environment='--project expense --env dev'
document=$(mktemp)
trap 'rm -f "$document"' EXIT

# shellcheck disable=SC2086 # the two flags are two words each
vpc create $environment |
    sg create --admin-cidr "$admin_cidr" |
    alb create app |
    alb create web |
    asg create backend --alb app --port 8080 --health /health --host backend.app-dev.example.com --image "$image" |
    asg create frontend --alb web --port 80 --health / --host web-dev.example.com --image "$image" \
        >"$document"
cat "$document"

asg delete <"$document" | alb delete | sg delete | vpc delete >/dev/null
