//! Redirecting a request.

use super::noun::invalid;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

/// The parts of a redirect, with what each is unless said otherwise: as it was.
const PARTS: [(&str, &str); 5] = [
    ("Protocol", "#{protocol}"),
    ("Port", "#{port}"),
    ("Host", "#{host}"),
    ("Path", "/#{path}"),
    ("Query", "#{query}"),
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Protocol, port, host, path and query, as templates with `#{…}`.
    pub parts: Vec<String>,
    /// `HTTP_301` or `HTTP_302`
    pub status: String,
}

impl Redirect {
    /// # Errors
    /// For a status that is none of a redirect, and a redirect to the same place.
    pub fn read(item: &Params) -> Result<Self> {
        let config = item
            .nested("RedirectConfig")
            .ok_or_else(|| invalid("A redirect action needs a RedirectConfig"))?;
        let status = config.text("StatusCode").unwrap_or_default();
        if !matches!(status, "HTTP_301" | "HTTP_302") {
            return Err(invalid(format!("Redirect status code '{status}' is not HTTP_301 or HTTP_302")));
        }
        let parts: Vec<String> =
            PARTS.iter().map(|(name, same)| config.text(name).unwrap_or(same).to_owned()).collect();
        if PARTS.iter().zip(&parts).take(4).all(|((_, same), part)| same == part) {
            let message =
                "A redirect must change the protocol, the port, the host or the path, or it would loop";
            return Err(AwsError::new("InvalidLoadBalancerAction", message));
        }
        Ok(Self { parts, status: status.to_owned() })
    }

    pub fn show(&self) -> Node {
        let put = |node: Node, ((name, _), part): (&(&'static str, &str), &String)| node.put(*name, part);
        let config = PARTS.iter().zip(&self.parts).fold(Node::new(), put).put("StatusCode", &self.status);
        Node::new().put("Type", "redirect").node("RedirectConfig", config)
    }
}
