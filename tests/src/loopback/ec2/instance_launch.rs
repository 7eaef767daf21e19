//! Launching instances.

use super::Noun;
use super::block_device::BlockDevice;
use super::instance::{self, Instance};
use super::instance_order::{self, Order};
use super::instance_state::Life;
use super::launch_template;
use super::launch_template_data::{self, TAGGED, launch_parameters};
use super::network_interface::NetworkInterface;
use super::volume::{Attachment, Volume};
use crate::loopback::action::{Action, Call, Meta, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::id;
use crate::loopback::params::Params;
use crate::loopback::tag::{self, Tags};

pub const ACTIONS: &[Action] = &[write(
    "RunInstances",
    run,
    concat!(
        launch_parameters!(),
        " MinCount! MaxCount! ClientToken SubnetId PrivateIpAddress LaunchTemplate.LaunchTemplateId \
         LaunchTemplate.LaunchTemplateName LaunchTemplate.Version"
    ),
)];

/// The longest token that a launch takes; other calls take longer ones.
const TOKEN: usize = 64;

fn run(call: &mut Call<'_>) -> Result<Reply> {
    if call.params.text("ClientToken").is_some_and(|token| token.len() > TOKEN) {
        return Err(AwsError::invalid_value(format!(
            "The client token must not be longer than {TOKEN} characters."
        )));
    }
    // A token means its launch until a day after that is terminated: a dead instance is answered with as well.
    let known = |id: &String| call.region.ec2.instances.values().any(|instance| instance.reservation == *id);
    let id = match call.replayed("ClientToken")?.filter(known) {
        Some(id) => id,
        None => launch(call)?,
    };
    let launched = call.region.ec2.instances.values().filter(|instance| instance.reservation == id);
    Ok(instance::reservation(call.view(), &id, launched).into())
}

/// Launches as many instances as can be, from as many as there must be to as many as there may.
fn launch(call: &mut Call<'_>) -> Result<String> {
    let (params, template_tags) = parameters(call)?;
    let order = instance_order::read(call, &params)?;
    let count = count(call, &order)?;
    let mut tags = tag::specified(&params, Instance::KIND.tag, TAGGED)?;
    tags.extend(template_tags);
    let reservation = id::fresh(&mut call.region.rng, "r-");
    for index in 0..count {
        make(call, &params, &order, &reservation, index, tags.clone())?;
    }
    call.remember("ClientToken", &reservation);
    Ok(reservation)
}

/// The parameters of the launch, over those of its template, and the tags by which AWS marks what came from it.
fn parameters(call: &Call<'_>) -> Result<(Params, Tags)> {
    let Some(named) = call.params.nested("LaunchTemplate") else {
        return Ok((call.params.clone(), Tags::new()));
    };
    let template = launch_template::named(call, named)?;
    let version = template.version(named.text("Version").unwrap_or("$Default"))?;
    let tags = [("id", template.meta.id.clone()), ("version", version.number.to_string())];
    let tags = tags.map(|(what, value)| (format!("aws:ec2launchtemplate:{what}"), value));
    Ok((launch_template_data::launch(&version.data, call.params), tags.into_iter().collect()))
}

/// How many instances there will be.
fn count(call: &Call<'_>, order: &Order) -> Result<usize> {
    let number = |name| -> Result<usize> { Ok(call.params.parsed(name)?.unwrap_or(1)) };
    let (least, most) = (number("MinCount")?, number("MaxCount")?);
    if least == 0 || least > most {
        let message = format!("Invalid value '{least}' for MinCount, with {most} for MaxCount.");
        return Err(AwsError::invalid_value(message));
    }
    let only_one = order.ports.iter().any(|port| port.private_ip.is_some());
    if only_one && most > 1 {
        let message =
            "A specific private IP address or network interface can be given to a single instance only.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    call.check_capacity(order.kind, &order.zone)?;
    let left = call.instances_left(order.kind);
    if left < least {
        let message = "You have requested more vCPU capacity than your current vCPU limit allows for the instance bucket that \
                       the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to \
                       request an adjustment to this limit.";
        return Err(AwsError::new("VcpuLimitExceeded", message));
    }
    let free = addresses(call, order);
    if free < least {
        let subnet = order.ports.first().map(|port| port.subnet.meta.id.as_str()).unwrap_or_default();
        let message = format!(
            "There are not enough free addresses in subnet '{subnet}' to satisfy the requested number of instances."
        );
        return Err(AwsError::new("InsufficientFreeAddressesInSubnet", message));
    }
    Ok(most.min(left).min(free))
}

/// For how many instances there are addresses.
fn addresses(call: &Call<'_>, order: &Order) -> usize {
    let new = order.ports.iter().filter(|port| port.existing.is_none());
    new.map(|port| port.subnet.free(&call.region.ec2)).min().unwrap_or(1)
}

fn make(
    call: &mut Call<'_>,
    params: &Params,
    order: &Order,
    reservation: &str,
    index: usize,
    tags: Tags,
) -> Result<()> {
    let meta = call.meta_with(Instance::KIND.prefix, tags);
    for port in &order.ports {
        let tags = tag::specified(params, NetworkInterface::KIND.tag, TAGGED)?;
        port.attach(call, &meta.id, tags)?;
    }
    for device in &order.devices {
        let tags = tag::specified(params, Volume::KIND.tag, TAGGED)?;
        let volume = volume(call, order, device, &meta.id, tags);
        call.keep(volume);
    }
    let instance = instance(call, order, reservation, index, meta);
    call.keep(instance);
    Ok(())
}

fn volume(call: &mut Call<'_>, order: &Order, device: &BlockDevice, instance: &str, tags: Tags) -> Volume {
    let meta = call.meta_with(Volume::KIND.prefix, tags);
    let mut volume = Volume::of(device, meta, order.zone.clone(), call.now);
    volume.attachment = Some(Attachment {
        instance: instance.to_owned(),
        device: device.name.clone(),
        delete_on_termination: device.delete_on_termination,
        since: call.now,
    });
    volume
}

fn instance(call: &Call<'_>, order: &Order, reservation: &str, index: usize, meta: Meta) -> Instance {
    let primary = order.ports.first();
    let subnet = primary.map(|port| port.subnet.clone());
    Instance {
        meta,
        reservation: reservation.to_owned(),
        index,
        image: order.image.meta.id.clone(),
        kind: order.kind,
        key: order.key.clone(),
        vpc: subnet.as_ref().map(|subnet| subnet.vpc.clone()).unwrap_or_default(),
        subnet: subnet.map(|subnet| subnet.meta.id).unwrap_or_default(),
        zone: order.zone.clone(),
        token: call.params.text("ClientToken").map(str::to_owned),
        profile: order.profile.clone(),
        metadata: order.metadata,
        user_data: order.user_data.clone(),
        protected: order.protected,
        on_shutdown: order.on_shutdown.clone(),
        monitored: order.monitored,
        ebs_optimized: order.ebs_optimized,
        root: order.image.root.clone(),
        platform: order.image.platform,
        product: order.image.product,
        public: primary.is_some_and(|port| port.public),
        launched: call.now,
        life: Life::begin(call.clock, call.now),
        // A bad image starts and never serves.
        impaired: order.bad.then_some(call.now),
        console: None,
    }
}
