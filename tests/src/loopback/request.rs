//! From an HTTP request to a call: who calls, which service, which action, with what.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use super::action::{Action, Protocol, Service};
use super::error::{AwsError, Common, Result};
use super::params::Params;
use super::world::{ACCOUNT, HOME, REGIONS};
use super::{rest, schema, service};

/// An access key that begins so is refused as expired.
const EXPIRED: [&str; 2] = ["ASIAEXPIRED", "AKIAEXPIRED"];
/// An access key that begins so may do nothing but ask who it is.
const DENIED: &str = "AKIADENIED";
/// An access key that begins so does not exist.
const UNKNOWN: &str = "AKIAINVALID";
/// An access key that begins so belongs to the account whose number follows.
const OTHER: &str = "AKIAACCOUNT";

/// An HTTP request, read to its end.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    pub method: String,
    /// With the query, if any.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Request {
    pub service: &'static Service,
    pub action: &'static Action,
    pub params: Params,
    pub region: String,
    pub account: String,
    pub access_key: String,
    pub raw: Raw,
}

/// A refusal before there is a call, with the protocol to word it in.
#[derive(Debug)]
pub struct Refusal {
    pub protocol: Protocol,
    pub service: String,
    pub action: String,
    pub error: AwsError,
}

/// What a signature's credential scope says.
struct Scope {
    access_key: String,
    region: String,
    service: String,
}

/// Reads a request as a call.
///
/// # Errors
/// What AWS refuses for its credentials, service, action or parameters' names.
pub fn parse(raw: Raw) -> Result<Request, Box<Refusal>> {
    let scope = scope(&raw.headers);
    let service = match &scope {
        Some(scope) => service::named(&scope.service),
        None => guess(&raw),
    };
    let Some(service) = service else {
        let name = scope.map_or_else(String::new, |s| s.service);
        let error = AwsError::new("InvalidAction", format!("The loopback AWS has no service '{name}'"));
        let json = raw.headers.contains_key("x-amz-target");
        let protocol = if json { Protocol::Json { target: "", minor: 1 } } else { Protocol::Ec2 };
        return Err(Box::new(Refusal { protocol, service: name, action: String::new(), error }));
    };
    let mut action = String::new();
    finish(service, scope, raw, &mut action).map_err(|error| {
        Box::new(Refusal {
            protocol: service.protocol,
            service: service.name.to_owned(),
            action: action.clone(),
            error,
        })
    })
}

fn finish(service: &'static Service, scope: Option<Scope>, raw: Raw, name: &mut String) -> Result<Request> {
    let protocol = service.protocol;
    let params = match protocol {
        Protocol::Ec2 => Params::from_form(&form(&raw), false)?,
        Protocol::Query { .. } => Params::from_form(&form(&raw), true)?,
        Protocol::Json { .. } => Params::from_json(&raw.body)?,
        Protocol::RestXml => rest::params(service, &raw)?,
    };
    *name = action_name(service, &raw, &params).unwrap_or_default();
    let scope = scope.ok_or_else(|| Common::NoCredentials.error(protocol, name))?;
    let account = authenticate(&scope, protocol, name)?;
    let action = service.action(name).ok_or_else(|| Common::UnknownAction.error(protocol, name))?;
    schema::check(action.takes, &params, protocol)?;
    Ok(Request { service, action, params, region: scope.region, account, access_key: scope.access_key, raw })
}

/// The account of an access key that may call.
fn authenticate(scope: &Scope, protocol: Protocol, action: &str) -> Result<String> {
    let key = scope.access_key.as_str();
    if EXPIRED.iter().any(|prefix| key.starts_with(prefix)) {
        return Err(Common::Expired.error(protocol, action));
    }
    if key.starts_with(UNKNOWN) {
        return Err(Common::UnknownKey.error(protocol, action));
    }
    // AWS lets even those who are denied everything ask who they are.
    if key.starts_with(DENIED) && action != "GetCallerIdentity" {
        return Err(Common::Denied.error(protocol, action));
    }
    // Services without Regions take signatures for one Region only.
    let elsewhere = protocol == Protocol::RestXml && scope.region != HOME;
    if elsewhere || !REGIONS.iter().any(|(name, _)| *name == scope.region) {
        let message = format!("Credential should be scoped to a valid Region, not '{}'.", scope.region);
        return Err(match protocol {
            Protocol::Ec2 => AwsError::new("AuthFailure", message).status(401),
            _ => AwsError::new("SignatureDoesNotMatch", message).status(403),
        });
    }
    let other = key.strip_prefix(OTHER).filter(|n| n.len() == 12 && n.bytes().all(|b| b.is_ascii_digit()));
    Ok(other.unwrap_or(ACCOUNT).to_owned())
}

/// `AWS4-HMAC-SHA256 Credential=KEY/20261123/us-east-1/ec2/aws4_request, …`
fn scope(headers: &HeaderMap) -> Option<Scope> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let credential = header.split_once("Credential=")?.1.split([',', ' ']).next()?;
    let mut parts = credential.rsplitn(5, '/');
    let (_terminator, service, region, _date) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let access_key = parts.next()?;
    Some(Scope { access_key: access_key.to_owned(), region: region.to_owned(), service: service.to_owned() })
}

/// The service of a request without a signature, to refuse it in its own words.
fn guess(raw: &Raw) -> Option<&'static Service> {
    let target = raw.headers.get("x-amz-target").and_then(|t| t.to_str().ok());
    let version =
        Params::from_form(&form(raw), false).ok().and_then(|p| p.text("Version").map(str::to_owned));
    service::ALL.iter().copied().find(|service| match service.protocol {
        Protocol::Json { target: prefix, .. } => target.is_some_and(|t| t.starts_with(prefix)),
        Protocol::Ec2 => version.as_deref() == Some("2016-11-15"),
        Protocol::Query { xmlns } => version.as_deref().is_some_and(|v| xmlns.contains(v)),
        Protocol::RestXml => false,
    })
}

/// The form: the body, or the query of a GET.
fn form(raw: &Raw) -> Vec<u8> {
    match raw.path.split_once('?') {
        Some((_, query)) if raw.body.is_empty() => query.as_bytes().to_vec(),
        _ => raw.body.clone(),
    }
}

fn action_name(service: &Service, raw: &Raw, params: &Params) -> Option<String> {
    match service.protocol {
        Protocol::Ec2 | Protocol::Query { .. } => params.text("Action").map(str::to_owned),
        Protocol::Json { .. } => {
            let target = raw.headers.get("x-amz-target")?.to_str().ok()?;
            Some(target.rsplit_once('.')?.1.to_owned())
        }
        Protocol::RestXml => rest::find(service.route?, raw).map(|(action, _)| action.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Raw, parse};
    use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};

    fn code(credential: Option<&str>, body: &str) -> String {
        let mut headers = HeaderMap::new();
        if let Some(credential) = credential {
            let header = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0");
            headers.insert(AUTHORIZATION, HeaderValue::from_str(&header).unwrap());
        }
        let raw = Raw { method: "POST".into(), path: "/".into(), headers, body: body.into() };
        parse(raw).map_or_else(|refusal| refusal.error.code, |request| request.account)
    }

    #[test]
    fn who_calls_is_read_from_the_signature_and_refused_in_the_words_of_the_service() {
        let vpcs = "Action=DescribeVpcs&Version=2016-11-15";
        let identity = "Action=GetCallerIdentity&Version=2011-06-15";
        assert_eq!(code(Some("AKIAX/20260101/us-east-1/ec2/aws4_request"), vpcs), "123456789012");
        assert_eq!(
            code(Some("AKIAACCOUNT210987654321/20260101/us-east-1/ec2/aws4_request"), vpcs),
            "210987654321"
        );
        assert_eq!(code(None, vpcs), "AuthFailure");
        assert_eq!(code(None, identity), "MissingAuthenticationToken");
        assert_eq!(code(Some("ASIAEXPIRED1/20260101/us-east-1/ec2/aws4_request"), vpcs), "RequestExpired");
        assert_eq!(code(Some("ASIAEXPIRED1/20260101/us-east-1/sts/aws4_request"), identity), "ExpiredToken");
        assert_eq!(
            code(Some("AKIADENIED1/20260101/us-east-1/ec2/aws4_request"), vpcs),
            "UnauthorizedOperation"
        );
        assert_eq!(code(Some("AKIADENIED1/20260101/us-east-1/sts/aws4_request"), identity), "123456789012");
        assert_eq!(code(Some("AKIAX/20260101/us-nowhere-1/ec2/aws4_request"), vpcs), "AuthFailure");
        assert_eq!(
            code(Some("AKIAX/20260101/us-east-1/ec2/aws4_request"), "Action=DescribeNothing"),
            "InvalidAction"
        );
        assert_eq!(code(Some("AKIAX/20260101/us-east-1/braket/aws4_request"), ""), "InvalidAction");
    }
}
