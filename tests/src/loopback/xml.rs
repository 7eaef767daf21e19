//! The tree an answer is made of, and how it becomes XML (for a client) or JSON (for a dump).

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

/// An element's content: named children in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node(Vec<(Cow<'static, str>, Value)>);

/// What stands under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    Node(Node),
    /// A list: what each element is called, and the elements.
    List(&'static str, Vec<Value>),
}

impl Node {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A child with text in it.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "reads better where answers are built: numbers, flags and strings alike"
    )]
    pub fn put(mut self, name: impl Into<Cow<'static, str>>, text: impl ToString) -> Self {
        self.0.push((name.into(), Value::Text(text.to_string())));
        self
    }

    /// A child with text in it, where there is any.
    #[must_use]
    pub fn maybe(self, name: &'static str, text: Option<impl ToString>) -> Self {
        match text {
            Some(text) => self.put(name, text),
            None => self,
        }
    }

    /// A child with children.
    #[must_use]
    pub fn node(mut self, name: impl Into<Cow<'static, str>>, node: Node) -> Self {
        self.0.push((name.into(), Value::Node(node)));
        self
    }

    /// A child with children, where there is one.
    #[must_use]
    pub fn maybe_node(self, name: &'static str, node: Option<Node>) -> Self {
        match node {
            Some(node) => self.node(name, node),
            None => self,
        }
    }

    /// A list as EC2 writes it: each element is an `item`. Empty lists are written too.
    #[must_use]
    pub fn list(self, name: impl Into<Cow<'static, str>>, nodes: impl IntoIterator<Item = Node>) -> Self {
        self.named_list(name, "item", nodes)
    }

    /// A list whose elements are called `element` (`member` in most Query services, a noun's own name in RDS).
    #[must_use]
    pub fn named_list(
        mut self,
        name: impl Into<Cow<'static, str>>,
        element: &'static str,
        nodes: impl IntoIterator<Item = Node>,
    ) -> Self {
        let values = nodes.into_iter().map(Value::Node).collect();
        self.0.push((name.into(), Value::List(element, values)));
        self
    }

    /// A list of texts whose elements are called `element`.
    #[must_use]
    pub fn texts<T: ToString>(
        mut self,
        name: impl Into<Cow<'static, str>>,
        element: &'static str,
        texts: impl IntoIterator<Item = T>,
    ) -> Self {
        let values = texts.into_iter().map(|t| Value::Text(t.to_string())).collect();
        self.0.push((name.into(), Value::List(element, values)));
        self
    }

    /// All of the other's children after one's own.
    #[must_use]
    pub fn with(mut self, other: Node) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The children as XML, without an element around them.
    #[must_use]
    pub fn xml(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        for (name, value) in &self.0 {
            write_element(out, name, value);
        }
    }

    /// The children as a JSON object, for dumps.
    #[must_use]
    pub fn json(&self) -> Json {
        Json::Object(
            self.0.iter().map(|(name, value)| (name.to_string(), value.json())).collect::<Map<_, _>>(),
        )
    }
}

impl Value {
    fn json(&self) -> Json {
        match self {
            Self::Text(text) => Json::String(text.clone()),
            Self::Node(node) => node.json(),
            Self::List(_, values) => Json::Array(values.iter().map(Self::json).collect()),
        }
    }
}

fn write_element(out: &mut String, name: &str, value: &Value) {
    // Writing to a String cannot fail.
    let _ = write!(out, "<{name}>");
    match value {
        Value::Text(text) => out.push_str(&clean(text)),
        Value::Node(node) => node.write(out),
        Value::List(element, values) => values.iter().for_each(|value| write_element(out, element, value)),
    }
    let _ = write!(out, "</{name}>");
}

/// Text that is safe in XML: escaped, and without the characters that XML 1.0 has no way to write.
fn clean(text: &str) -> String {
    let allowed: String = text.chars().filter(|&c| c >= ' ' || matches!(c, '\t' | '\n' | '\r')).collect();
    quick_xml::escape::escape(allowed).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn text_is_escaped_and_lists_keep_their_element_names() {
        let node = Node::new()
            .put("a", "<&>\u{0}")
            .list("set", [Node::new().put("x", 1)])
            .texts("zones", "Zone", ["z"])
            .maybe("none", None::<&str>);
        assert_eq!(
            node.xml(),
            "<a>&lt;&amp;&gt;</a><set><item><x>1</x></item></set><zones><Zone>z</Zone></zones>"
        );
    }
}
