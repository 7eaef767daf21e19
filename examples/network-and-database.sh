#!/bin/sh
# A network, its security groups and a MySQL database for the development environment of a project called "expense".
# Prints the finished document. Run it again and nothing changes.
#
#     cargo sandbox examples/network-and-database.sh      on this machine, no account needed
#     sh examples/network-and-database.sh                 on the account that your AWS settings reach
set -eu

# Where administrators come from. 203.0.113.0/24 is an example: give your own.
admin_cidr=${ADMIN_CIDR:-203.0.113.0/24}

vpc create --project expense --env dev |
    sg create --admin-cidr "$admin_cidr" |
    rds create
