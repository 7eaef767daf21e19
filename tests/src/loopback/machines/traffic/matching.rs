//! Whether a request fulfils the conditions of a rule.

use std::borrow::Cow;
use std::net::IpAddr;

use hyper::Request;
use hyper::header::{HOST, HeaderMap};
use ipnet::IpNet;

use super::plan::Rule;
use crate::loopback::elbv2::condition::Condition;

/// What conditions are about.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Without its port.
    pub host: String,
    pub path: String,
    pub query: Option<String>,
    pub method: String,
    pub headers: HeaderMap,
    pub client: IpAddr,
}

impl Asked {
    /// None for a request that does not say for which host it is, as HTTP/1.1 wants.
    #[must_use]
    pub fn of<B>(request: &Request<B>, client: IpAddr) -> Option<Self> {
        let header = request.headers().get(HOST).and_then(|value| value.to_str().ok());
        let host = header.or(request.uri().authority().map(hyper::http::uri::Authority::as_str))?;
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        Some(Self {
            host: host.to_owned(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            method: request.method().to_string(),
            headers: request.headers().clone(),
            client,
        })
    }
}

impl Rule {
    /// Whether a request fulfils all its conditions.
    #[must_use]
    pub fn applies(&self, asked: &Asked) -> bool {
        self.conditions.iter().all(|condition| fulfils(condition, asked))
    }
}

/// Of the values of a condition one is enough. Only paths and methods are compared letter by letter; wildcards are for all but
/// methods and addresses. (AWS: "Condition types for listener rules".)
fn fulfils(condition: &Condition, asked: &Asked) -> bool {
    let mut values = condition.values.iter();
    match condition.field {
        "host-header" => values.any(|(_, value)| like_whatever_case(value, &asked.host)),
        "path-pattern" => values.any(|(_, value)| like(value, &asked.path)),
        "http-request-method" => values.any(|(_, value)| *value == asked.method),
        "source-ip" => {
            values.any(|(_, value)| value.parse::<IpNet>().is_ok_and(|net| net.contains(&asked.client)))
        }
        "http-header" => {
            let name = condition.header.as_deref().unwrap_or_default();
            let sent: Vec<&str> =
                asked.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
            values.any(|(_, value)| sent.iter().any(|sent| like_whatever_case(value, sent)))
        }
        "query-string" => {
            let query = asked.query.as_deref().unwrap_or_default();
            let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(query.as_bytes()).collect();
            values.any(|(key, value)| {
                let named = |name: &str| key.as_ref().is_none_or(|key| like_whatever_case(key, name));
                pairs.iter().any(|(name, text)| named(name) && like_whatever_case(value, text))
            })
        }
        _ => false,
    }
}

fn like_whatever_case(pattern: &str, text: &str) -> bool {
    like(&pattern.to_lowercase(), &text.to_lowercase())
}

/// Whether a text is like a pattern, in which `*` is any number of characters and `?` exactly one.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last asterisk was, and what of the text it has taken so far: it takes more if the rest does not fit.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::super::plan::Rule;
    use super::{Asked, Condition, like};
    use crate::loopback::elbv2::fixed_response::FixedResponse;
    use crate::loopback::elbv2::routing::Step;

    fn asked(request: hyper::http::request::Builder) -> Asked {
        Asked::of(&request.body(()).unwrap(), "192.0.2.9".parse().unwrap()).unwrap()
    }

    fn holds(conditions: Vec<Condition>, asked: &Asked) -> bool {
        let answer = FixedResponse { status: "404".into(), content_type: None, body: None };
        Rule { conditions, step: Step::Fixed(answer) }.applies(asked)
    }

    fn made(field: &str, header: Option<&str>, key: Option<&str>, value: &str) -> Condition {
        Condition::new(field, header, &[(key, value)]).unwrap()
    }

    #[test]
    fn patterns_have_two_wildcards() {
        for (pattern, text) in
            [("*", ""), ("/api/*", "/api/"), ("/*/b?d", "/a/x/bad"), ("a*b*c", "aXbYbc"), ("??", "ab")]
        {
            assert!(like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("?", ""), ("/api/*", "/api"), ("/API/*", "/api/x"), ("a*b", "abc"), ("", "a")]
        {
            assert!(!like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn each_kind_of_condition_looks_at_its_part_of_the_request() {
        let request = Request::get("/cart/7?Color=Red&x").header("host", "Shop.Example.com:8080");
        let asked = asked(request.header("X-Tier", "Gold"));
        let one = |field, header: Option<&str>, key: Option<&str>, value: &str| {
            holds(vec![made(field, header, key, value)], &asked)
        };
        assert!(one("host-header", None, None, "shop.*.com") && !one("host-header", None, None, "*.org"));
        assert!(one("path-pattern", None, None, "/cart/?") && !one("path-pattern", None, None, "/CART/*"));
        assert!(one("http-header", Some("x-tier"), None, "gold"));
        assert!(!one("http-header", Some("x-rank"), None, "*"));
        assert!(one("query-string", None, Some("color"), "r*") && one("query-string", None, None, "red"));
        assert!(!one("query-string", None, Some("size"), "red"));
        assert!(one("http-request-method", None, None, "GET"));
        assert!(one("source-ip", None, None, "192.0.2.0/24") && !one("source-ip", None, None, "10.0.0.0/8"));
    }

    #[test]
    fn all_conditions_of_a_rule_must_be_fulfilled() {
        let asked = asked(Request::get("/a").header("host", "a.example.com"));
        let host = |value| made("host-header", None, None, value);
        let path = |value| made("path-pattern", None, None, value);
        assert!(holds(vec![host("a.example.com"), path("/a")], &asked));
        assert!(!holds(vec![host("a.example.com"), path("/b")], &asked));
        assert!(holds(Vec::new(), &asked), "the default rule has none");
    }
}
