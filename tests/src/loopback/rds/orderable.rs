//! What can be ordered: each version with each class and kind of storage, and where.

use super::class::{self, StorageType};
use super::describe::filtered;
use super::version::{self, ENGINE, LICENSE, Version};
use crate::loopback::action::{Action, Call, Reply, View, read};
use crate::loopback::ec2::availability_zone::zones;
use crate::loopback::error::Result;
use crate::loopback::page;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read(
    "DescribeOrderableDBInstanceOptions",
    list,
    "Engine! EngineVersion DBInstanceClass LicenseModel AvailabilityZoneGroup Vpc Filters.N.Name Filters.N.Values.N \
     MaxRecords Marker",
)];

/// A version, a class and a kind of storage that go together.
struct Order {
    version: &'static Version,
    class: String,
    storage: &'static StorageType,
}

/// The zones of a Region in which instances can be ordered. The oldest zone of us-east-1 has none of these classes.
#[must_use]
pub fn offered_zones(region: &Region) -> Vec<String> {
    zones(region).into_iter().map(|zone| zone.name).filter(|name| name != "us-east-1e").collect()
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    version::check_engine(call.params.required("Engine")?)?;
    let text = |name| call.params.text(name);
    let (asked, class) = (text("EngineVersion"), text("DBInstanceClass"));
    let here = text("LicenseModel").is_none_or(|license| license == LICENSE)
        && text("AvailabilityZoneGroup").is_none_or(|group| group == call.region.name)
        && call.params.flag("Vpc")? != Some(false);
    let versions = version::ALL.iter().filter(|version| {
        here && version.offered && asked.is_none_or(|asked| asked == version.number || asked == version.major)
    });
    let mut orders = Vec::new();
    for version in versions {
        for known in class::all().filter(|known| class.is_none_or(|class| class == known)) {
            orders.extend(class::STORAGE.iter().map(|storage| Order {
                version,
                class: known.clone(),
                storage,
            }));
        }
    }
    let orders = filtered(call, orders.iter().collect(), &[])?;
    let page = page::marker(call.params, orders)?;
    let shown = page.items.into_iter().map(|order| order.show(call.view()));
    let list = Node::new().named_list("OrderableDBInstanceOptions", "OrderableDBInstanceOption", shown);
    Ok(list.maybe("Marker", page.next).into())
}

impl Order {
    fn show(&self, view: View<'_>) -> Node {
        let zone = |name| Node::new().put("Name", name);
        let node = Node::new()
            .put("Engine", ENGINE)
            .put("EngineVersion", self.version.number)
            .put("DBInstanceClass", &self.class)
            .put("LicenseModel", LICENSE)
            .put("AvailabilityZoneGroup", &view.region.name)
            .named_list(
                "AvailabilityZones",
                "AvailabilityZone",
                offered_zones(view.region).into_iter().map(zone),
            )
            .put("MultiAZCapable", true)
            .put("ReadReplicaCapable", true)
            .put("Vpc", true)
            .put("SupportsStorageEncryption", true)
            .put("StorageType", self.storage.name)
            .put("SupportsIops", self.storage.iops.is_some())
            .put("SupportsStorageThroughput", self.storage.throughput.is_some())
            .put("SupportsEnhancedMonitoring", true)
            .put("SupportsIAMDatabaseAuthentication", true)
            .put("SupportsPerformanceInsights", !class::tiny(&self.class))
            .texts("SupportedEngineModes", "member", ["provisioned"])
            .put("SupportsStorageAutoscaling", true)
            .put("SupportsKerberosAuthentication", true)
            .put("OutpostCapable", false)
            .put("SupportsGlobalDatabases", false)
            .texts("SupportedNetworkTypes", "member", ["IPV4"])
            .put("SupportsClusters", false);
        node.with(self.bounds())
    }

    fn bounds(&self) -> Node {
        let storage = self.storage;
        Node::new()
            .put("MinStorageSize", storage.size.0)
            .put("MaxStorageSize", storage.size.1)
            .maybe("MinIopsPerDbInstance", storage.iops.map(|(low, _)| low))
            .maybe("MaxIopsPerDbInstance", storage.iops.map(|(_, high)| high))
            .maybe("MinStorageThroughputPerDbInstance", storage.throughput.map(|(low, _)| low))
            .maybe("MaxStorageThroughputPerDbInstance", storage.throughput.map(|(_, high)| high))
    }
}
