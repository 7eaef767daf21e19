//! EC2: the network, and what stands in it.

mod account_attribute;
mod authorize;
pub mod availability_zone;
mod block_device;
mod console;
mod default_vpc;
pub mod describe;
pub mod elastic_ip;
pub mod image;
mod image_action;
mod image_attribute;
mod image_copy;
mod image_create;
mod image_register;
pub mod instance;
mod instance_action;
mod instance_attribute;
mod instance_filter;
mod instance_launch;
mod instance_metadata_options;
mod instance_order;
mod instance_port;
pub mod instance_state;
mod instance_status;
pub mod instance_type;
mod instance_type_offering;
pub mod internet_gateway;
mod key_material;
pub mod key_pair;
pub mod launch_template;
mod launch_template_data;
mod launch_template_version;
mod modify_rules;
pub mod nat_gateway;
pub mod network_acl;
pub mod network_interface;
mod network_interface_action;
pub mod network_interface_life;
mod noun;
pub mod permission;
pub mod prefix_list;
pub mod public_images;
mod public_key;
mod region;
pub mod route;
pub mod route_table;
pub mod route_table_association;
pub mod security_group;
pub mod security_group_rule;
pub mod snapshot;
mod snapshot_attribute;
pub mod subnet;
mod tag;
pub mod volume;
pub mod vpc;
pub mod vpc_endpoint;
pub mod vpc_peering_connection;

pub use noun::{Kind, Noun, Shelf};

use super::action::{Meta, Protocol, Resource, Service, View};
use super::clock::{Clock, Time};
use super::world::Region;
use elastic_ip::ElasticIp;
use image::Image;
use instance::Instance;
use internet_gateway::InternetGateway;
use key_pair::KeyPair;
use launch_template::LaunchTemplate;
use nat_gateway::NatGateway;
use network_acl::NetworkAcl;
use network_interface::NetworkInterface;
use noun::shelves;
use route_table::RouteTable;
use security_group::SecurityGroup;
use security_group_rule::SecurityGroupRule;
use snapshot::Snapshot;
use subnet::Subnet;
use volume::Volume;
use vpc::Vpc;
use vpc_endpoint::VpcEndpoint;
use vpc_peering_connection::VpcPeeringConnection;

pub const SERVICE: Service = Service {
    name: "ec2",
    protocol: Protocol::Ec2,
    actions: &[
        account_attribute::ACTIONS,
        authorize::ACTIONS,
        availability_zone::ACTIONS,
        console::ACTIONS,
        elastic_ip::ACTIONS,
        image_action::ACTIONS,
        image_attribute::ACTIONS,
        image_copy::ACTIONS,
        image_create::ACTIONS,
        image_register::ACTIONS,
        instance::ACTIONS,
        instance_action::ACTIONS,
        instance_attribute::ACTIONS,
        instance_launch::ACTIONS,
        instance_metadata_options::ACTIONS,
        instance_status::ACTIONS,
        instance_type::ACTIONS,
        instance_type_offering::ACTIONS,
        internet_gateway::ACTIONS,
        key_pair::ACTIONS,
        launch_template::ACTIONS,
        launch_template_version::ACTIONS,
        modify_rules::ACTIONS,
        nat_gateway::ACTIONS,
        network_acl::ACTIONS,
        network_interface_action::ACTIONS,
        prefix_list::ACTIONS,
        region::ACTIONS,
        route::ACTIONS,
        route_table::ACTIONS,
        route_table_association::ACTIONS,
        security_group::ACTIONS,
        security_group_rule::ACTIONS,
        snapshot::ACTIONS,
        snapshot_attribute::ACTIONS,
        subnet::ACTIONS,
        tag::ACTIONS,
        volume::ACTIONS,
        vpc::ACTIONS,
        vpc_endpoint::ACTIONS,
        vpc_peering_connection::ACTIONS,
    ],
    hooks: instance_status::HOOKS,
    route: None,
    settle,
    resources,
};

shelves! {
    vpcs: Vpc,
    subnets: Subnet,
    internet_gateways: InternetGateway,
    elastic_ips: ElasticIp,
    nat_gateways: NatGateway,
    network_interfaces: NetworkInterface,
    route_tables: RouteTable,
    vpc_endpoints: VpcEndpoint,
    vpc_peering_connections: VpcPeeringConnection,
    security_groups: SecurityGroup,
    security_group_rules: SecurityGroupRule,
    network_acls: NetworkAcl,
    key_pairs: KeyPair,
    images: Image,
    snapshots: Snapshot,
    volumes: Volume,
    instances: Instance,
    launch_templates: LaunchTemplate,
}

/// What is there before anybody has made anything.
pub fn seed(region: &mut Region, now: Time) {
    default_vpc::make(region, now);
    public_images::seed(region);
}

fn settle(region: &mut Region, clock: &Clock, now: Time) {
    instance_state::settle(region, now);
    network_interface_life::settle(region, now);
    nat_gateway::settle(region, clock, now);
    vpc_endpoint::settle(region, now);
    vpc_peering_connection::settle(region, clock, now);
}

fn resources(region: &Region, now: Time) -> Vec<Resource> {
    region.ec2.resources(View { region, now })
}
