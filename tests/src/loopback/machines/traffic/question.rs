//! Questions for names, and their answers.

use std::net::Ipv4Addr;

use simple_dns::rdata::{A, CNAME, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QTYPE, Question, RCODE, ResourceRecord, TYPE};

use super::names::{End, Found};
use super::plan::Traffic;
use super::runtime::View;
use super::upstream::Upstream;

/// Seconds for which an answer may be kept: names come and go as quickly as AWS's time passes here.
const TIME_TO_LIVE: u32 = 5;

/// The answer to a message, or none for what is no question. What these names do not say is asked upstream.
pub async fn answer(
    traffic: &Traffic,
    view: View,
    upstream: Option<&Upstream>,
    message: &[u8],
) -> Option<Vec<u8>> {
    let packet = Packet::parse(message).ok().filter(|packet| !packet.has_flags(PacketFlag::RESPONSE))?;
    let question = packet.questions.first()?.clone();
    let names = if view == View::Inside { &traffic.inside } else { &traffic.outside };
    let found = names.look_up(&question.qname.to_string());
    let rest = match (&found.end, upstream) {
        (End::Elsewhere(_), None) => return reply(&packet, RCODE::ServerFailure, Vec::new()),
        (End::Elsewhere(_), Some(upstream)) if found.chain.is_empty() => {
            return match upstream.ask(message).await {
                None => reply(&packet, RCODE::ServerFailure, Vec::new()),
                answer => answer,
            };
        }
        // The end of a chain that begins here, which is asked for on its own.
        (End::Elsewhere(name), Some(upstream)) if question.qtype != TYPE::CNAME.into() => {
            upstream.ask(&query(packet.id(), name, &question)?).await.unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let code = if found.end == End::Nowhere { RCODE::NameError } else { RCODE::NoError };
    let mut records = records(&question, &found)?;
    if let Ok(rest) = Packet::parse(&rest) {
        records.extend(rest.answers.into_iter().map(ResourceRecord::into_owned));
    }
    reply(&packet, code, records)
}

/// A question for another name, otherwise the same.
fn query(id: u16, name: &str, question: &Question<'_>) -> Option<Vec<u8>> {
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    packet.questions.push(Question::new(Name::new(name).ok()?, question.qtype, question.qclass, false));
    packet.build_bytes_vec().ok()
}

/// What is known, as far as it is asked for: there are names and IPv4 addresses only.
fn records(question: &Question<'_>, found: &Found) -> Option<Vec<ResourceRecord<'static>>> {
    let record = |name: &str, data| {
        let name = Name::new(name).ok()?.into_owned();
        Some(ResourceRecord::new(name, CLASS::IN, TIME_TO_LIVE, data))
    };
    let mut last = question.qname.to_string();
    let mut records = Vec::new();
    for (name, target) in &found.chain {
        let data = RData::CNAME(CNAME(Name::new(target.trim_end_matches('.')).ok()?.into_owned()));
        // The first one under the name as it was asked for: some compare letter by letter.
        records.push(record(if records.is_empty() { &last } else { name }, data)?);
        if question.qtype == TYPE::CNAME.into() {
            return Some(records);
        }
        target.trim_end_matches('.').clone_into(&mut last);
    }
    let addresses: &[Ipv4Addr] = match &found.end {
        End::Addresses(addresses) if wants_addresses(question.qtype) => addresses,
        _ => &[],
    };
    for address in addresses {
        records.push(record(&last, RData::A(A::from(*address)))?);
    }
    Some(records)
}

fn wants_addresses(kind: QTYPE) -> bool {
    kind == TYPE::A.into() || kind == QTYPE::ANY
}

fn reply(packet: &Packet<'_>, code: RCODE, records: Vec<ResourceRecord<'_>>) -> Option<Vec<u8>> {
    let mut reply = Packet::new_reply(packet.id());
    reply.set_flags(PacketFlag::RECURSION_AVAILABLE);
    if packet.has_flags(PacketFlag::RECURSION_DESIRED) {
        reply.set_flags(PacketFlag::RECURSION_DESIRED);
    }
    *reply.rcode_mut() = code;
    reply.questions.extend(packet.questions.iter().cloned());
    reply.answers = records;
    reply.build_bytes_vec_compressed().ok()
}
