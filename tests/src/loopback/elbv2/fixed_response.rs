//! Answering a request without any target.

use super::noun::invalid;
use crate::loopback::error::Result;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

const CONTENT_TYPES: &[&str] =
    &["text/plain", "text/css", "text/html", "application/javascript", "application/json"];
/// Bytes that a body can have.
const BODY: usize = 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedResponse {
    pub status: String,
    pub content_type: Option<String>,
    pub body: Option<String>,
}

impl FixedResponse {
    /// # Errors
    /// For a status, a content type or a body that there cannot be.
    pub fn read(item: &Params) -> Result<Self> {
        let config = item.nested("FixedResponseConfig");
        let config = config.ok_or_else(|| invalid("A fixed-response action needs a FixedResponseConfig"))?;
        let status = config.text("StatusCode").unwrap_or_default();
        if !status.parse::<u16>().is_ok_and(|code| matches!(code, 200..=299 | 400..=599)) {
            return Err(invalid(format!(
                "Fixed response status code '{status}' must be a 2XX, 4XX or 5XX one"
            )));
        }
        let content_type = config.text("ContentType");
        if let Some(bad) = content_type.filter(|kind| !CONTENT_TYPES.contains(kind)) {
            let known = CONTENT_TYPES.join(", ");
            return Err(invalid(format!("Fixed response content type '{bad}' is not one of {known}")));
        }
        let body = config.text("MessageBody");
        if body.is_some_and(|body| body.len() > BODY) {
            return Err(invalid(format!(
                "Fixed response message body cannot be longer than {BODY} characters"
            )));
        }
        let own = |text: Option<&str>| text.map(str::to_owned);
        Ok(Self { status: status.to_owned(), content_type: own(content_type), body: own(body) })
    }

    pub fn show(&self) -> Node {
        let config = Node::new()
            .put("StatusCode", &self.status)
            .maybe("ContentType", self.content_type.as_ref())
            .maybe("MessageBody", self.body.as_ref());
        Node::new().put("Type", "fixed-response").node("FixedResponseConfig", config)
    }
}
