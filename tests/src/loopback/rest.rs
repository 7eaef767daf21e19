//! REST with XML both ways: which action a method and path mean, and what a request says, as the tree that all handlers
//! read.
//!
//! What stands in the path, behind the question mark and in the body are parameters alike. A body's lists are told from
//! its structures by what the action declares (`Changes.N`), since XML writes both the same.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

use super::action::{Reply, Service};
use super::error::{AwsError, Result};
use super::params::Params;
use super::request::Raw;
use super::xml::Node;

/// Deeper nesting than any action has is hostile.
const DEPTH: usize = 16;

/// An action's method, its path (with `{Name}` for what is a parameter), and its name.
pub type Route = (&'static str, &'static str, &'static str);

/// Which action a request means, and what its path says.
#[must_use]
pub fn find(routes: &'static [Route], raw: &Raw) -> Option<(&'static str, BTreeMap<String, Params>)> {
    let path = raw.path.split('?').next().unwrap_or_default();
    routes.iter().filter(|(method, ..)| *method == raw.method).find_map(|(_, pattern, action)| {
        let said = matches(pattern, path)?;
        Some((*action, said))
    })
}

fn matches(pattern: &str, path: &str) -> Option<BTreeMap<String, Params>> {
    let (wanted, given) = (pattern.split('/'), path.trim_end_matches('/').split('/'));
    let (wanted, given): (Vec<_>, Vec<_>) = (wanted.collect(), given.collect());
    let mut said = BTreeMap::new();
    if wanted.len() != given.len() {
        return None;
    }
    for (wanted, given) in wanted.into_iter().zip(given) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => said.insert(name.to_owned(), Params::Text(decoded(given))),
            None if wanted == given => None,
            None => return None,
        };
    }
    Some(said)
}

/// A part of a path without its percent signs.
fn decoded(part: &str) -> String {
    // A plus is itself in a path, unlike in a form.
    let part = part.replace('+', "%2B");
    form_urlencoded::parse(part.as_bytes()).next().map_or_else(String::new, |(name, _)| name.into_owned())
}

/// Everything that a request says.
///
/// # Errors
/// `MalformedInput` for a body that is no XML.
pub fn params(service: &Service, raw: &Raw) -> Result<Params> {
    let Some((action, mut said)) = service.route.and_then(|routes| find(routes, raw)) else {
        return Ok(Params::default());
    };
    let takes = service.action(action).map_or("", |action| action.takes);
    let query = raw.path.split_once('?').map_or("", |(_, query)| query);
    let query = form_urlencoded::parse(query.as_bytes());
    said.extend(query.map(|(name, value)| (name.into_owned(), Params::Text(value.into_owned()))));
    if let Params::Map(body) = body(&raw.body, takes)? {
        said.extend(body);
    }
    Ok(Params::Map(said))
}

/// An element that has not ended yet.
#[derive(Default)]
struct Open {
    path: String,
    text: String,
    list: bool,
    children: BTreeMap<String, Params>,
}

impl Open {
    /// The element of this name within this one.
    fn child(&self, name: &str, takes: &str) -> Self {
        let name = if self.list { "N" } else { name };
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        let list = takes.split_whitespace().any(|word| {
            let rest =
                word.trim_end_matches('!').strip_prefix(&path).and_then(|rest| rest.strip_prefix(".N"));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        Self { path, list, ..Self::default() }
    }

    fn adopt(&mut self, name: &str, child: Self) {
        let name = if self.list { (self.children.len() + 1).to_string() } else { name.to_owned() };
        let value = if child.children.is_empty() && !child.list {
            Params::Text(child.text)
        } else {
            Params::Map(child.children)
        };
        self.children.insert(name, value);
    }
}

/// Reads a body, without the element around it.
fn body(bytes: &[u8], takes: &str) -> Result<Params> {
    let malformed = || AwsError::new("MalformedInput", "The request body is not well-formed XML.");
    let text = std::str::from_utf8(bytes).map_err(|_| malformed())?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut root = Open::default();
    let mut open: Vec<(String, Open)> = Vec::new();
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(|_| malformed())? {
            Event::Start(_) if depth == 0 => depth = 1,
            Event::Start(start) if depth < DEPTH => {
                depth += 1;
                let name = start.local_name().into_inner().to_owned();
                let child = open.last().map_or(&root, |(_, element)| element).child(&name, takes);
                open.push((name, child));
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if let Some((name, element)) = open.pop() {
                    open.last_mut().map_or(&mut root, |(_, parent)| parent).adopt(&name, element);
                }
            }
            Event::Eof if depth == 0 => return Ok(Params::Map(root.children)),
            Event::Start(_) | Event::Eof => return Err(malformed()),
            event => {
                if let Some((_, element)) = open.last_mut() {
                    element.text.push_str(&content(&event).ok_or_else(malformed)?);
                }
            }
        }
    }
}

/// What an event adds to a text.
fn content(event: &Event<'_>) -> Option<String> {
    match event {
        Event::Text(text) => Some(text.xml10_content().into_owned()),
        Event::CData(data) => Some(data.xml10_content().into_owned()),
        Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
            Some(character) => Some(character.to_string()),
            None => resolve_predefined_entity(&reference.xml10_content()).map(str::to_owned),
        },
        _ => Some(String::new()),
    }
}

/// An answer: the element around it with its namespace, and what is in it.
#[must_use]
pub fn reply(status: u16, root: &str, xmlns: &str, node: &Node) -> Reply {
    let body = format!("<{root} xmlns=\"{xmlns}\">{}</{root}>", node.xml());
    Reply::Rest { status, headers: Vec::new(), body }
}

/// The same with headers.
#[must_use]
pub fn with_headers(reply: Reply, headers: Vec<(&'static str, String)>) -> Reply {
    match reply {
        Reply::Rest { status, body, .. } => Reply::Rest { status, headers, body },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Raw, Route, body, find};

    const ROUTES: &[Route] = &[
        ("GET", "/2013-04-01/hostedzone/{Id}", "GetHostedZone"),
        ("POST", "/2013-04-01/hostedzone/{Id}/rrset", "Change"),
    ];

    #[test]
    fn a_path_says_what_is_meant() {
        let raw =
            |method: &str, path: &str| Raw { method: method.into(), path: path.into(), ..Raw::default() };
        let (action, said) = find(ROUTES, &raw("POST", "/2013-04-01/hostedzone/Z1%2B/rrset/?x=1")).unwrap();
        assert_eq!((action, format!("{:?}", said["Id"])), ("Change", r#"Text("Z1+")"#.to_owned()));
        assert!(find(ROUTES, &raw("GET", "/2013-04-01/hostedzone")).is_none());
    }

    #[test]
    fn a_body_reads_like_any_other_parameters() {
        let xml = br#"<?xml version="1.0"?><R xmlns="x"><Batch><Changes><Change><Name>a&amp;b</Name></Change>
            <Change><Name>&#99;</Name></Change></Changes><Comment/></Batch></R>"#;
        let tree = body(xml, "Batch.Changes.N.Name Batch.Comment").unwrap();
        let names: Vec<_> = tree.items("Batch.Changes").iter().filter_map(|c| c.text("Name")).collect();
        assert_eq!((names, tree.text("Batch.Comment")), (vec!["a&b", "c"], Some("")));
        assert_eq!(tree.shapes(), ["Batch.Changes.N.Name", "Batch.Changes.N.Name", "Batch.Comment"]);
    }

    #[test]
    fn a_hostile_body_is_refused() {
        for xml in [&b"<a><b></a>"[..], b"<a>", b"\xff", b"<a><b>&evil;</b></a>", &b"<a>".repeat(1000)] {
            assert_eq!(body(xml, "").unwrap_err().code, "MalformedInput");
        }
    }
}
