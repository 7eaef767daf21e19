//! The instance types there are, and what they have.

use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::{self, Field};
use crate::loopback::page;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read("DescribeInstanceTypes", list, "InstanceType.N @filters @page")];

/// An instance type: its name, architecture, virtual CPUs and memory in MiB.
#[derive(Clone, Copy, Debug)]
pub struct InstanceType {
    pub name: &'static str,
    pub architecture: &'static str,
    pub cpus: u32,
    pub memory: u32,
}

const fn t(name: &'static str, architecture: &'static str, cpus: u32, memory: u32) -> InstanceType {
    InstanceType { name, architecture, cpus, memory }
}

const FILTERS: &[Field<InstanceType>] = &[
    ("instance-type", |kind, _| vec![kind.name.to_owned()]),
    ("processor-info.supported-architecture", |kind, _| vec![kind.architecture.to_owned()]),
    ("current-generation", |kind, _| vec![kind.current().to_string()]),
    ("burstable-performance-supported", |kind, _| vec![kind.burstable().to_string()]),
    ("free-tier-eligible", |kind, _| vec![kind.free().to_string()]),
    ("vcpu-info.default-vcpus", |kind, _| vec![kind.cpus.to_string()]),
    ("memory-info.size-in-mib", |kind, _| vec![kind.memory.to_string()]),
    ("supported-virtualization-type", |_, _| vec!["hvm".to_owned()]),
    ("bare-metal", |_, _| vec!["false".to_owned()]),
];

/// The type with a name.
#[must_use]
pub fn named(name: &str) -> Option<&'static InstanceType> {
    ALL.iter().find(|known| known.name == name)
}

/// Whether a zone has a type. us-east-1e is an old one, and has none of the newer ones.
#[must_use]
pub fn offered(name: &str, zone: &str) -> bool {
    let old = ["t2.", "m5.", "c5.", "r5."].iter().any(|family| name.starts_with(family));
    named(name).is_some() && (zone != "us-east-1e" || old)
}

impl InstanceType {
    fn current(&self) -> bool {
        !self.name.starts_with("t2.")
    }

    fn burstable(&self) -> bool {
        self.name.starts_with('t')
    }

    fn free(&self) -> bool {
        matches!(self.name, "t2.micro" | "t3.micro" | "t4g.micro")
    }

    fn show(&self) -> Node {
        let arm = self.architecture == "arm64";
        let processor = Node::new().texts("supportedArchitectures", "item", [self.architecture]);
        let boots: &[&str] = if arm { &["uefi"] } else { &["legacy-bios", "uefi"] };
        Node::new()
            .put("instanceType", self.name)
            .put("currentGeneration", self.current())
            .put("freeTierEligible", self.free())
            .texts("supportedUsageClasses", "item", ["on-demand", "spot"])
            .texts("supportedRootDeviceTypes", "item", ["ebs"])
            .texts("supportedVirtualizationTypes", "item", ["hvm"])
            .put("bareMetal", false)
            .put("hypervisor", if self.current() { "nitro" } else { "xen" })
            .node("processorInfo", processor.put("manufacturer", if arm { "AWS" } else { "Intel" }))
            .node("vCpuInfo", Node::new().put("defaultVCpus", self.cpus))
            .node("memoryInfo", Node::new().put("sizeInMiB", self.memory))
            .put("instanceStorageSupported", false)
            .node("networkInfo", Node::new().put("maximumNetworkInterfaces", 3).put("ipv6Supported", true))
            .put("burstablePerformanceSupported", self.burstable())
            .put("autoRecoverySupported", true)
            .texts("supportedBootModes", "item", boots)
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let filters = filter::parse(call.params, "Filter", "Value")?;
    filter::known(&filters, FILTERS, false)?;
    let wanted = call.params.texts("InstanceType");
    let unknown: Vec<&str> = wanted.iter().copied().filter(|name| named(name).is_none()).collect();
    if !unknown.is_empty() {
        let message = format!("The following supplied instance types do not exist: [{}]", unknown.join(", "));
        return Err(AwsError::new("InvalidInstanceType", message));
    }
    let view = call.view();
    let asked = |kind: &&InstanceType| {
        (wanted.is_empty() || wanted.contains(&kind.name))
            && filter::matches(&filters, *kind, FILTERS, None, view)
    };
    let page = page::ec2(call.params, ALL.iter().filter(asked).collect(), 5..=100)?;
    let nodes = page.items.into_iter().map(InstanceType::show);
    Ok(Node::new().list("instanceTypeSet", nodes).maybe("nextToken", page.next).into())
}

/// Every type there is here.
pub const ALL: &[InstanceType] = &[
    t("t2.nano", "x86_64", 1, 512),
    t("t2.micro", "x86_64", 1, 1024),
    t("t2.small", "x86_64", 1, 2048),
    t("t2.medium", "x86_64", 2, 4096),
    t("t2.large", "x86_64", 2, 8192),
    t("t2.xlarge", "x86_64", 4, 16_384),
    t("t2.2xlarge", "x86_64", 8, 32_768),
    t("t3.nano", "x86_64", 2, 512),
    t("t3.micro", "x86_64", 2, 1024),
    t("t3.small", "x86_64", 2, 2048),
    t("t3.medium", "x86_64", 2, 4096),
    t("t3.large", "x86_64", 2, 8192),
    t("t3.xlarge", "x86_64", 4, 16_384),
    t("t3.2xlarge", "x86_64", 8, 32_768),
    t("t3a.nano", "x86_64", 2, 512),
    t("t3a.micro", "x86_64", 2, 1024),
    t("t3a.small", "x86_64", 2, 2048),
    t("t3a.medium", "x86_64", 2, 4096),
    t("t3a.large", "x86_64", 2, 8192),
    t("t3a.xlarge", "x86_64", 4, 16_384),
    t("t3a.2xlarge", "x86_64", 8, 32_768),
    t("t4g.nano", "arm64", 2, 512),
    t("t4g.micro", "arm64", 2, 1024),
    t("t4g.small", "arm64", 2, 2048),
    t("t4g.medium", "arm64", 2, 4096),
    t("t4g.large", "arm64", 2, 8192),
    t("t4g.xlarge", "arm64", 4, 16_384),
    t("t4g.2xlarge", "arm64", 8, 32_768),
    t("m5.large", "x86_64", 2, 8192),
    t("m5.xlarge", "x86_64", 4, 16_384),
    t("m5.2xlarge", "x86_64", 8, 32_768),
    t("m5.4xlarge", "x86_64", 16, 65_536),
    t("m6i.large", "x86_64", 2, 8192),
    t("m6i.xlarge", "x86_64", 4, 16_384),
    t("m6i.2xlarge", "x86_64", 8, 32_768),
    t("m6i.4xlarge", "x86_64", 16, 65_536),
    t("m7i.large", "x86_64", 2, 8192),
    t("m7i.xlarge", "x86_64", 4, 16_384),
    t("m7i.2xlarge", "x86_64", 8, 32_768),
    t("m7i.4xlarge", "x86_64", 16, 65_536),
    t("m6g.large", "arm64", 2, 8192),
    t("m6g.xlarge", "arm64", 4, 16_384),
    t("m6g.2xlarge", "arm64", 8, 32_768),
    t("m6g.4xlarge", "arm64", 16, 65_536),
    t("m7g.large", "arm64", 2, 8192),
    t("m7g.xlarge", "arm64", 4, 16_384),
    t("m7g.2xlarge", "arm64", 8, 32_768),
    t("m7g.4xlarge", "arm64", 16, 65_536),
    t("c5.large", "x86_64", 2, 4096),
    t("c5.xlarge", "x86_64", 4, 8192),
    t("c5.2xlarge", "x86_64", 8, 16_384),
    t("c5.4xlarge", "x86_64", 16, 32_768),
    t("c6i.large", "x86_64", 2, 4096),
    t("c6i.xlarge", "x86_64", 4, 8192),
    t("c6i.2xlarge", "x86_64", 8, 16_384),
    t("c6i.4xlarge", "x86_64", 16, 32_768),
    t("c7g.large", "arm64", 2, 4096),
    t("c7g.xlarge", "arm64", 4, 8192),
    t("c7g.2xlarge", "arm64", 8, 16_384),
    t("c7g.4xlarge", "arm64", 16, 32_768),
    t("r5.large", "x86_64", 2, 16_384),
    t("r5.xlarge", "x86_64", 4, 32_768),
    t("r5.2xlarge", "x86_64", 8, 65_536),
    t("r5.4xlarge", "x86_64", 16, 131_072),
    t("r6i.large", "x86_64", 2, 16_384),
    t("r6i.xlarge", "x86_64", 4, 32_768),
    t("r6i.2xlarge", "x86_64", 8, 65_536),
    t("r6i.4xlarge", "x86_64", 16, 131_072),
    t("r7g.large", "arm64", 2, 16_384),
    t("r7g.xlarge", "arm64", 4, 32_768),
    t("r7g.2xlarge", "arm64", 8, 65_536),
    t("r7g.4xlarge", "arm64", 16, 131_072),
];
