//! What a launch asks for, checked as AWS checks it before anything is made.

use super::availability_zone::Zone;
use super::block_device::{self, BlockDevice};
use super::image::Image;
use super::instance::Profile;
use super::instance_metadata_options::MetadataOptions;
use super::instance_port::{self, Port};
use super::instance_type::{self, InstanceType};
use super::key_pair;
use super::launch_template_data;
use crate::loopback::action::Call;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::wildcard;
use crate::loopback::params::{Params, missing};
use crate::loopback::world::hash;

/// Virtual CPUs that may run at once. AWS begins with 5 and soon gives this many to those who use them.
const CPU_QUOTA: usize = 64;

/// A launch, every part of it known to be there and to go together.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "AWS has that many switches")]
pub struct Order {
    pub image: Image,
    pub kind: &'static InstanceType,
    pub ports: Vec<Port>,
    pub zone: Zone,
    pub key: Option<String>,
    pub profile: Option<Profile>,
    pub metadata: MetadataOptions,
    pub devices: Vec<BlockDevice>,
    pub user_data: Option<String>,
    pub protected: bool,
    pub on_shutdown: String,
    pub monitored: bool,
    pub ebs_optimized: bool,
    /// Whether the image has been made bad, from outside.
    pub bad: bool,
}

/// Reads a launch.
///
/// # Errors
/// Whatever AWS refuses to launch, but for the number of instances and the capacity for them.
pub fn read(call: &Call<'_>, params: &Params) -> Result<Order> {
    let image = image(call, params)?;
    let kind = kind(params, &image)?;
    let ports = instance_port::read(call, params)?;
    let zone = ports.first().map(|port| port.subnet.zone.clone()).ok_or_else(|| missing("SubnetId"))?;
    let key = params.text("KeyName").map(|name| Ok(key_pair::named(call, name)?.name.clone())).transpose()?;
    let mut devices = image.devices.clone();
    block_device::overlay(call, &mut devices, &params.items("BlockDeviceMapping"))?;
    let user_data = params.text("UserData").filter(|text| !text.is_empty());
    user_data
        .map(launch_template_data::user_data)
        .transpose()
        .map_err(|error| AwsError::invalid_value(error.message))?;
    let options = params.nested("MetadataOptions").cloned().unwrap_or_default();
    offered(call, kind, &zone)?;
    subscribed(call, &image)?;
    Ok(Order {
        kind,
        zone,
        key,
        profile: profile(call, params)?,
        metadata: MetadataOptions::of(&image).changed(&options)?,
        devices,
        user_data: user_data.map(str::to_owned),
        protected: params.flag("DisableApiTermination")?.unwrap_or_default(),
        on_shutdown: on_shutdown(params)?,
        monitored: params.flag("Monitoring.Enabled")?.unwrap_or_default(),
        ebs_optimized: params.flag("EbsOptimized")?.unwrap_or_default(),
        ports,
        bad: bad(call, &image),
        image,
    })
}

fn image(call: &Call<'_>, params: &Params) -> Result<Image> {
    let image = call.find::<Image>(params.required("ImageId")?)?;
    if image.state(call.now) == "available" {
        return Ok(image.clone());
    }
    let message = format!("The image ID '{}' is not available", image.meta.id);
    Err(AwsError::new("InvalidAMIID.Unavailable", message))
}

fn kind(params: &Params, image: &Image) -> Result<&'static InstanceType> {
    let Some(name) = params.text("InstanceType") else {
        // The API's own default is m1.small, which runs none of the images of today.
        let message = "Non-Windows instances with a virtualization type of 'hvm' are currently not supported for this \
                       instance type.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    };
    let kind = instance_type::named(name)
        .ok_or_else(|| AwsError::invalid_value(format!("Invalid value '{name}' for InstanceType.")))?;
    if kind.architecture == image.architecture {
        return Ok(kind);
    }
    Err(AwsError::invalid_value(format!(
        "The architecture '{}' of the specified instance type does not match the architecture '{}' of the specified AMI. \
         Specify an instance type and an AMI that have matching architectures, and try again.",
        kind.architecture, image.architecture
    )))
}

fn offered(call: &Call<'_>, kind: &InstanceType, zone: &Zone) -> Result<()> {
    if instance_type::offered(kind.name, &zone.name) {
        return Ok(());
    }
    let (name, place, others) =
        (kind.name, &zone.name, others(call, |zone| instance_type::offered(kind.name, zone)));
    Err(AwsError::new(
        "Unsupported",
        format!(
            "Your requested instance type ({name}) is not supported in your requested Availability Zone ({place}). Please \
             retry your request by not specifying an Availability Zone or choosing {others}."
        ),
    ))
}

/// The zones of the Region that are better, as messages list them.
fn others(call: &Call<'_>, better: impl Fn(&str) -> bool) -> String {
    let zones = super::availability_zone::zones(call.region);
    let names: Vec<String> = zones.into_iter().map(|zone| zone.name).filter(|name| better(name)).collect();
    names.join(", ")
}

fn subscribed(call: &Call<'_>, image: &Image) -> Result<()> {
    match image.product {
        Some(product) if !call.conditions.subscriptions.iter().any(|known| known == product) => {
            let message = format!(
                "In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please visit \
                 https://aws.amazon.com/marketplace/pp?sku={product}"
            );
            Err(AwsError::new("OptInRequired", message).status(401))
        }
        _ => Ok(()),
    }
}

fn bad(call: &Call<'_>, image: &Image) -> bool {
    let fits = |pattern: &String| wildcard(pattern, &image.meta.id) || wildcard(pattern, &image.name);
    call.conditions.bad_images.iter().any(fits)
}

fn profile(call: &Call<'_>, params: &Params) -> Result<Option<Profile>> {
    let arn = match (params.text("IamInstanceProfile.Arn"), params.text("IamInstanceProfile.Name")) {
        (None, None) => return Ok(None),
        (Some(arn), None) if arn.starts_with("arn:aws:iam::") => arn.to_owned(),
        (None, Some(name)) if !name.is_empty() && !name.contains('/') => {
            format!("arn:aws:iam::{}:instance-profile/{name}", call.region.account)
        }
        (Some(_), Some(_)) => {
            let message = "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'";
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
        (arn, name) => {
            let (word, value) = if arn.is_some() { ("ARN", arn) } else { ("name", name) };
            let value = value.unwrap_or_default();
            return Err(AwsError::invalid_value(format!("Invalid IAM Instance Profile {word}: {value}")));
        }
    };
    let id = format!("AIPA{:016X}1", hash(&arn));
    Ok(Some(Profile { arn, id }))
}

fn on_shutdown(params: &Params) -> Result<String> {
    match params.text("InstanceInitiatedShutdownBehavior").unwrap_or("stop") {
        known @ ("stop" | "terminate") => Ok(known.to_owned()),
        other => Err(AwsError::invalid_value(format!(
            "Value ({other}) for parameter InstanceInitiatedShutdownBehavior is invalid."
        ))),
    }
}

impl Call<'_> {
    /// Refuses to run a type in a zone that has no capacity for it.
    ///
    /// # Errors
    /// `InsufficientInstanceCapacity`, with status 500 as if it were AWS's own mistake.
    pub fn check_capacity(&self, kind: &InstanceType, zone: &Zone) -> Result<()> {
        let (name, place) = (kind.name, &zone.name);
        if !self.conditions.lacks(place, name) {
            return Ok(());
        }
        let better = |zone: &str| instance_type::offered(name, zone) && !self.conditions.lacks(zone, name);
        let message = format!(
            "We currently do not have sufficient {name} capacity in the Availability Zone you requested ({place}). Our system \
             will be working on provisioning additional capacity. You can currently get {name} capacity by not specifying an \
             Availability Zone in your request or choosing {}.",
            others(self, better)
        );
        Err(AwsError::new("InsufficientInstanceCapacity", message).status(500))
    }

    /// How many instances of a type the quota leaves room for.
    #[must_use]
    pub fn instances_left(&self, kind: &InstanceType) -> usize {
        let running =
            self.region.ec2.instances.values().filter(|instance| {
                matches!(instance.state(self.now).name(), "pending" | "running" | "stopping")
            });
        let used: usize = running.map(|instance| instance.kind.cpus as usize).sum();
        self.conditions.quota("vcpu", CPU_QUOTA).saturating_sub(used) / kind.cpus as usize
    }
}
