//! The certificates of a listener beside its default one.

use super::certificate::issued;
use super::listener::Listener;
use super::noun::Noun;
use super::page::page;
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("AddListenerCertificates", add, "ListenerArn! Certificates! Certificates.N.CertificateArn"),
    write("RemoveListenerCertificates", remove, "ListenerArn! Certificates! Certificates.N.CertificateArn"),
    read("DescribeListenerCertificates", list, "ListenerArn! PageSize Marker"),
];

fn given<'a>(call: &Call<'a>) -> Vec<&'a str> {
    call.params.items("Certificates").into_iter().filter_map(|item| item.text("CertificateArn")).collect()
}

fn show(listener: &Listener) -> Vec<Node> {
    let one =
        |(arn, index): (&String, usize)| Node::new().put("CertificateArn", arn).put("IsDefault", index == 0);
    listener.certificates.iter().zip(0..).map(one).collect()
}

fn encrypted<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Listener> {
    let arn = call.params.required("ListenerArn")?;
    let listener = call.balanced_mut::<Listener>(arn)?;
    if listener.protocol == "HTTPS" {
        return Ok(listener);
    }
    let message = format!("Listener '{}' has no certificates", listener.arn());
    Err(AwsError::new("InvalidConfigurationRequest", message))
}

fn add(call: &mut Call<'_>) -> Result<Reply> {
    let given = given(call);
    given.iter().try_for_each(|arn| issued(call, arn))?;
    let listener = encrypted(call)?;
    for arn in given {
        if !listener.certificates.iter().any(|known| known == arn) {
            listener.certificates.push(arn.to_owned());
        }
    }
    Ok(Node::new().named_list("Certificates", "member", show(listener)).into())
}

fn remove(call: &mut Call<'_>) -> Result<Reply> {
    let given = given(call);
    let listener = encrypted(call)?;
    if listener.certificates.first().is_some_and(|default| given.contains(&default.as_str())) {
        return Err(AwsError::new("OperationNotPermitted", "The default certificate cannot be removed"));
    }
    listener.certificates.retain(|arn| !given.contains(&arn.as_str()));
    Ok(Node::new().into())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let listener = call.balanced::<Listener>(call.params.required("ListenerArn")?)?;
    let page = page(call.params, show(listener))?;
    Ok(Node::new().named_list("Certificates", "member", page.items).maybe("NextMarker", page.next).into())
}
