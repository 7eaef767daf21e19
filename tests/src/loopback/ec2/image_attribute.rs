//! Who may launch an image, and its other attributes.

use super::block_device::{self, BlockDevice};
use super::image::Image;
use crate::loopback::action::{Action, Call, Reply, done, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "ModifyImageAttribute",
        modify,
        "ImageId! Attribute OperationType Value UserId.N UserGroup.N Description.Value LaunchPermission.Add.N.UserId \
         LaunchPermission.Add.N.Group LaunchPermission.Remove.N.UserId LaunchPermission.Remove.N.Group",
    ),
    read("DescribeImageAttribute", show, "ImageId! Attribute!"),
];

/// Changes to who may use something: accounts, and everybody.
#[derive(Default)]
pub struct Change<'a> {
    pub users: Vec<&'a str>,
    pub everybody: bool,
}

impl Change<'_> {
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && !self.everybody
    }
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let image = call.own_image()?.clone();
    let described = call.params.text("Description.Value");
    let described = described
        .or(call.params.text("Value").filter(|_| call.params.text("Attribute") == Some("description")));
    let of = |how| change(call, ("LaunchPermission", "launchPermission"), how);
    let (add, remove) = (of("add")?, of("remove")?);
    let default_key = block_device::default_key(call.region);
    if !add.is_empty() && image.devices.iter().any(|device| device.key.as_ref() == Some(&default_key)) {
        let message =
            "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.";
        return Err(AwsError::new("InvalidParameter", message));
    }
    let users = changed(&image.shared, &add, &remove);
    let public = (image.public || add.everybody) && !remove.everybody;
    let image = call.find_mut::<Image>(&image.meta.id)?;
    (image.shared, image.public) = (users, public);
    if let Some(description) = described {
        description.clone_into(&mut image.description);
    }
    done()
}

/// The accounts that may use something once a change is made.
pub fn changed(before: &[String], add: &Change<'_>, remove: &Change<'_>) -> Vec<String> {
    let mut users: Vec<String> =
        before.iter().filter(|user| !remove.users.contains(&user.as_str())).cloned().collect();
    for user in &add.users {
        if !users.iter().any(|known| known == user) {
            users.push((*user).to_owned());
        }
    }
    users
}

/// What a call adds or removes, in either of the two ways to say so: a list, or an attribute and an operation.
///
/// # Errors
/// `InvalidUserID.Malformed`.
pub fn change<'a>(call: &Call<'a>, names: (&str, &str), how: &str) -> Result<Change<'a>> {
    let params = call.params;
    let (list, attribute) = names;
    let list = format!("{list}.{}", if how == "add" { "Add" } else { "Remove" });
    let mut change = Change::default();
    for item in params.items(&list) {
        change.users.extend(item.text("UserId"));
        change.everybody |= item.text("Group") == Some("all");
    }
    let is_meant = params.text("Attribute").is_none_or(|it| it == attribute);
    if is_meant && params.text("OperationType") == Some(how) {
        change.users.extend(params.texts("UserId"));
        change.everybody |= params.texts("UserGroup").contains(&"all");
    }
    let account = |user: &&str| user.len() == 12 && user.bytes().all(|b| b.is_ascii_digit());
    match change.users.iter().find(|user| !account(user)) {
        Some(bad) => Err(AwsError::new("InvalidUserID.Malformed", format!("Invalid user id: \"{bad}\""))),
        None => Ok(change),
    }
}

fn show(call: &mut Call<'_>) -> Result<Reply> {
    let image = call.own_image()?;
    let node = Node::new().put("imageId", &image.meta.id);
    let value = |text: &str| Node::new().put("value", text);
    let shown = match call.params.required("Attribute")? {
        "launchPermission" => node.list("launchPermission", permissions(image.public, &image.shared)),
        "description" => node.node("description", value(&image.description)),
        "blockDeviceMapping" => node.list("blockDeviceMapping", image.devices.iter().map(BlockDevice::show)),
        "productCodes" => node.list("productCodes", image.product_nodes()),
        "bootMode" => node.maybe_node("bootMode", image.boot.map(value)),
        "imdsSupport" => node.maybe_node("imdsSupport", image.imds_v2.then(|| value("v2.0"))),
        other => {
            let message = format!("Value ({other}) for parameter attribute is invalid. Unknown attribute.");
            return Err(AwsError::invalid_value(message));
        }
    };
    Ok(shown.into())
}

/// Who may use something, as EC2 lists it.
pub fn permissions(public: bool, users: &[String]) -> impl Iterator<Item = Node> {
    let everybody = public.then(|| Node::new().put("group", "all"));
    everybody.into_iter().chain(users.iter().map(|user| Node::new().put("userId", user)))
}
