//! Answers and refusals in the exact shape of each protocol.

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use serde_json::{Value as Json, json};

use super::action::{Protocol, Reply};
use super::error::AwsError;
use super::xml::Node;

const EC2_XMLNS: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// An answer, ready for the wire.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// What succeeded.
#[must_use]
pub fn reply(protocol: Protocol, action: &str, id: &str, reply: Reply) -> Answer {
    match reply {
        Reply::Rest { status, headers, body } => Answer { headers, ..xml(status, id, &body) },
        Reply::Json(value) => json_answer(protocol, 200, id, &value),
        Reply::Xml(node) => match protocol {
            Protocol::Query { xmlns } => {
                let inner = node.xml();
                let body = format!(
                    "<{action}Response xmlns=\"{xmlns}\"><{action}Result>{inner}</{action}Result>\
                     <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
                );
                xml(200, id, &body)
            }
            Protocol::Ec2 | Protocol::Json { .. } | Protocol::RestXml => {
                let inner = Node::new().put("requestId", id).with(node).xml();
                xml(200, id, &format!("<{action}Response xmlns=\"{EC2_XMLNS}\">{inner}</{action}Response>"))
            }
        },
    }
}

/// What was refused.
#[must_use]
pub fn refusal(protocol: Protocol, id: &str, error: &AwsError) -> Answer {
    let kind = if error.status >= 500 { "Receiver" } else { "Sender" };
    let (code, message) = (&error.code, &error.message);
    match protocol {
        Protocol::Ec2 => {
            let inner = Node::new().put("Code", code).put("Message", message).xml();
            let errors = format!("<Errors><Error>{inner}</Error></Errors>");
            xml(error.status, id, &format!("<Response>{errors}<RequestID>{id}</RequestID></Response>"))
        }
        Protocol::Query { xmlns } => {
            let inner = Node::new().put("Type", kind).put("Code", code).put("Message", message);
            let inner = Node::new().node("Error", inner).put("RequestId", id).xml();
            xml(error.status, id, &format!("<ErrorResponse xmlns=\"{xmlns}\">{inner}</ErrorResponse>"))
        }
        Protocol::RestXml => {
            let inner = Node::new().put("Type", kind).put("Code", code).put("Message", message);
            let inner = Node::new().node("Error", inner).put("RequestId", id).xml();
            xml(error.status, id, &format!("<ErrorResponse>{inner}</ErrorResponse>"))
        }
        Protocol::Json { .. } => {
            // Services disagree on the case of "message"; clients take either.
            let value = json!({ "__type": code, "message": message, "Message": message });
            json_answer(protocol, error.status, id, &value)
        }
    }
}

fn xml(status: u16, id: &str, body: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
    let headers = vec![("x-amzn-requestid", id.to_owned())];
    Answer { status, content_type: "text/xml;charset=UTF-8", headers, body }
}

fn json_answer(protocol: Protocol, status: u16, id: &str, value: &Json) -> Answer {
    let content_type = match protocol {
        Protocol::Json { minor: 0, .. } => "application/x-amz-json-1.0",
        _ => "application/x-amz-json-1.1",
    };
    Answer {
        status,
        content_type,
        headers: vec![("x-amzn-requestid", id.to_owned())],
        body: value.to_string(),
    }
}

impl Answer {
    /// An answer of the control channel.
    #[must_use]
    pub fn control(status: u16, value: &Json) -> Self {
        Self { status, content_type: "application/json", headers: Vec::new(), body: value.to_string() }
    }

    /// As hyper sends it.
    #[must_use]
    pub fn response(self) -> Response<Full<Bytes>> {
        let mut builder = Response::builder().status(self.status).header(CONTENT_TYPE, self.content_type);
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        // Only a header with a line break in it could fail, and none is made of what a client sent.
        builder.body(Full::new(Bytes::from(self.body))).unwrap_or_default()
    }
}
