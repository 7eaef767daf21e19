//! What instances can be filtered by.

use super::elastic_ip::host_name;
use super::instance::Instance;
use super::instance_state::State;
use super::network_interface::NetworkInterface;
use crate::loopback::action::View;
use crate::loopback::filter::Field;

pub const ALL: &[Field<Instance>] = &[
    ("instance-id", |i, _| vec![i.meta.id.clone()]),
    ("instance-state-name", |i, view| vec![i.state(view.now).name().to_owned()]),
    ("instance-state-code", |i, view| vec![i.state(view.now).code().to_string()]),
    ("reservation-id", |i, _| vec![i.reservation.clone()]),
    ("owner-id", |_, view| vec![view.region.account.clone()]),
    ("client-token", |i, _| i.token.iter().cloned().collect()),
    ("image-id", |i, _| vec![i.image.clone()]),
    ("instance-type", |i, _| vec![i.kind.name.to_owned()]),
    ("architecture", |i, _| vec![i.kind.architecture.to_owned()]),
    ("key-name", |i, _| i.key.iter().cloned().collect()),
    ("iam-instance-profile.arn", |i, _| i.profile.iter().map(|p| p.arn.clone()).collect()),
    ("iam-instance-profile.id", |i, _| i.profile.iter().map(|p| p.id.clone()).collect()),
    ("iam-instance-profile.name", |i, _| {
        i.profile.iter().filter_map(|p| Some(p.arn.rsplit_once('/')?.1.to_owned())).collect()
    }),
    ("launch-time", |i, _| vec![i.launched.to_string()]),
    ("availability-zone", |i, _| vec![i.zone.name.clone()]),
    ("availability-zone-id", |i, _| vec![i.zone.id.clone()]),
    ("tenancy", |_, _| vec!["default".to_owned()]),
    ("metadata-options.http-tokens", |i, _| vec![i.metadata.tokens.to_owned()]),
    ("monitoring-state", |i, _| vec![i.monitoring().to_owned()]),
    ("platform-details", |i, _| vec![i.platform.to_owned()]),
    ("product-code", |i, _| i.product.map(str::to_owned).into_iter().collect()),
    ("root-device-name", |i, _| vec![i.root.clone()]),
    ("root-device-type", |_, _| vec!["ebs".to_owned()]),
    ("virtualization-type", |_, _| vec!["hvm".to_owned()]),
    ("vpc-id", |i, view| i.placed(view, |i| i.vpc.clone())),
    ("subnet-id", |i, view| i.placed(view, |i| i.subnet.clone())),
    ("private-ip-address", |i, view| i.primary_field(view, |n, _| vec![n.private_ip.to_string()])),
    ("network-interface.addresses.private-ip-address", |i, view| {
        i.interface_field(view, |n, _| vec![n.private_ip.to_string()])
    }),
    ("ip-address", |i, view| i.primary_field(view, public)),
    ("network-interface.addresses.association.public-ip", |i, view| i.interface_field(view, public)),
    ("private-dns-name", |i, view| i.primary_field(view, |n, _| vec![n.private_name()])),
    ("dns-name", |i, view| {
        i.primary_field(view, |n, view| n.public(view).map(host_name).into_iter().collect())
    }),
    ("source-dest-check", |i, view| i.primary_field(view, |n, _| vec![n.source_dest_check.to_string()])),
    ("instance.group-id", |i, view| i.primary_field(view, |n, _| n.groups.clone())),
    ("group-id", |i, view| i.primary_field(view, |n, _| n.groups.clone())),
    ("network-interface.group-id", |i, view| i.interface_field(view, |n, _| n.groups.clone())),
    ("instance.group-name", |i, view| i.primary_field(view, NetworkInterface::group_names)),
    ("group-name", |i, view| i.primary_field(view, NetworkInterface::group_names)),
    ("network-interface.network-interface-id", |i, view| {
        i.interface_field(view, |n, _| vec![n.meta.id.clone()])
    }),
    ("network-interface.subnet-id", |i, view| i.interface_field(view, |n, _| vec![n.subnet.clone()])),
    ("network-interface.vpc-id", |i, view| i.interface_field(view, |n, _| vec![n.vpc.clone()])),
    ("block-device-mapping.volume-id", |i, view| {
        i.volumes(&view.region.ec2).iter().map(|volume| volume.meta.id.clone()).collect()
    }),
    ("block-device-mapping.device-name", |i, view| {
        i.volumes(&view.region.ec2)
            .iter()
            .flat_map(|v| v.attachment.iter().map(|a| a.device.clone()))
            .collect()
    }),
];

fn public(interface: &NetworkInterface, view: View<'_>) -> Vec<String> {
    interface.public(view).map(|ip| ip.to_string()).into_iter().collect()
}

impl Instance {
    /// Something of where it is, as long as it is anywhere.
    fn placed(&self, view: View<'_>, field: fn(&Self) -> String) -> Vec<String> {
        if self.state(view.now) == State::Terminated { Vec::new() } else { vec![field(self)] }
    }

    fn primary_field(
        &self,
        view: View<'_>,
        field: fn(&NetworkInterface, View<'_>) -> Vec<String>,
    ) -> Vec<String> {
        self.primary(&view.region.ec2).map(|interface| field(interface, view)).unwrap_or_default()
    }

    fn interface_field(
        &self,
        view: View<'_>,
        field: fn(&NetworkInterface, View<'_>) -> Vec<String>,
    ) -> Vec<String> {
        self.interfaces(&view.region.ec2).into_iter().flat_map(|interface| field(interface, view)).collect()
    }
}
