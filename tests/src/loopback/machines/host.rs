//! The thread that keeps machines and networks as the state says.
//!
//! It is in a mount namespace of its own, in which its disks are memory: when it ends, however it ends, machines, networks and disks are
//! gone with it. Each turn it reads the state, does what differs, and notes in the state what it has seen: consoles and health.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use rustix::thread::UnshareFlags;

use super::command::run;
use super::machine::Machine;
use super::network::{GATEWAY, Router, path};
use super::rootfs;
use super::traffic::names::Meaning;
use super::traffic::{Probe, Runtime, Traffic, View, outside_names};
use super::wanted::{self, Power, Wanted};
use crate::loopback::clock::Clock;
use crate::loopback::shared::Shared;

const BOOT: &str = include_str!("boot.sh");
/// The host from a machine, and from the host: where a git server may be.
const HOST: &str = "host.sandbox";
const DNS: u16 = 53;

/// Everything that is real.
pub struct Host {
    store: PathBuf,
    clock: Clock,
    machines: BTreeMap<String, Machine>,
    networks: BTreeMap<String, (Router, Runtime)>,
    /// The layers of images, the topmost first.
    images: BTreeMap<String, Vec<PathBuf>>,
    /// Answers the host's questions for names.
    names: Runtime,
    problems: BTreeSet<String>,
}

/// What is to be, of all accounts and Regions.
#[derive(Default)]
struct Plan {
    wanted: Wanted,
    traffic: BTreeMap<String, Traffic>,
}

impl Host {
    /// Goes into namespaces of its own and gets the root file system ready. `resolver` is where the host asks for names.
    ///
    /// # Errors
    /// The kernel refuses, or the root file system cannot be made.
    pub fn start(store: PathBuf, resolver: Ipv4Addr, clock: &Clock) -> io::Result<Self> {
        alone()?;
        run("mount", &["--make-rprivate", "/"])?;
        run("mount", &["-t", "tmpfs", "-o", "mode=700", "tmpfs", &store.display().to_string()])?;
        fs::create_dir_all("/run/netns")?;
        run("mount", &["-t", "tmpfs", "tmpfs", "/run/netns"])?;
        for folder in ["base", "images", "machines", "scratch"] {
            fs::create_dir(store.join(folder))?;
        }
        fs::write(store.join("boot.sh"), BOOT)?;
        rootfs::provide(&store.join("base"), &store.join("scratch"))?;
        let names = Runtime::start(None, clock)?;
        names.serve_names(View::Outside, SocketAddr::from((resolver, DNS)), upstream())?;
        Ok(Self {
            store,
            clock: clock.clone(),
            machines: BTreeMap::new(),
            networks: BTreeMap::new(),
            images: BTreeMap::new(),
            names,
            problems: BTreeSet::new(),
        })
    }

    /// One turn.
    pub fn turn(&mut self, shared: &Shared) {
        let plan = self.read(shared);
        self.end(&plan.wanted);
        for image in &plan.wanted.images {
            self.freeze(image);
        }
        self.connect(&plan);
        for machine in &plan.wanted.machines {
            self.begin(machine);
        }
        self.note(shared);
    }

    fn read(&self, shared: &Shared) -> Plan {
        let mut inner = shared.lock();
        let places: Vec<(String, String)> = inner.world.regions.keys().cloned().collect();
        let mut plan = Plan::default();
        let mut outside = Traffic::default();
        for (account, name) in places {
            let region = inner.world.region(&account, &name, &self.clock);
            let now = self.clock.now();
            let mut wanted = Wanted::of(region, &self.clock, now);
            outside.outside.extend(&outside_names(region, now));
            for network in &wanted.networks {
                let mut traffic = Traffic::of(region, &self.clock, now, &network.vpc);
                traffic.inside.add(HOST, Meaning::Addresses(vec![GATEWAY]));
                plan.traffic.insert(network.vpc.clone(), traffic);
            }
            plan.wanted.machines.append(&mut wanted.machines);
            plan.wanted.images.append(&mut wanted.images);
            plan.wanted.networks.append(&mut wanted.networks);
        }
        drop(inner);
        outside.outside.add(HOST, Meaning::Addresses(vec![Ipv4Addr::LOCALHOST]));
        self.names.apply(&outside);
        plan
    }

    /// Ends what is to be off, was started anew, or is no more.
    fn end(&mut self, wanted: &Wanted) {
        let stays = |id: &String, machine: &Machine| {
            let wanted = wanted.machines.iter().find(|it| it.id == *id);
            wanted.is_some_and(|it| machine.since().is_none_or(|since| it.power == Power::On(since)))
        };
        let ending: Vec<String> =
            self.machines.iter().filter(|(id, it)| !stays(id, it)).map(|(id, _)| id.clone()).collect();
        for id in &ending {
            self.machines[id].tell_to_end();
        }
        for id in &ending {
            let Some(machine) = self.machines.get_mut(id) else { continue };
            machine.end();
            for (router, _) in self.networks.values_mut() {
                let detached = router.detach(id);
                tell(&mut self.problems, id, detached);
            }
        }
        // The disk of one that is no more goes once no image is to be made of it.
        let gone: Vec<String> = self
            .machines
            .keys()
            .filter(|id| !wanted.machines.iter().any(|it| it.id == **id))
            .cloned()
            .collect();
        for id in gone {
            let due = wanted.images.iter().filter(|image| image.instance.as_ref() == Some(&id));
            for image in due {
                self.freeze(image);
            }
            if let Some(machine) = self.machines.remove(&id) {
                machine.remove();
            }
        }
    }

    /// Finds out the layers of an image, by making one of its instance's disk where it is new.
    fn freeze(&mut self, image: &wanted::Image) {
        if self.images.contains_key(&image.id) {
            return;
        }
        let instance = image.instance.as_ref().and_then(|id| self.machines.get_mut(id));
        let layers = if let Some(machine) = instance {
            let layer = self.store.join("images").join(&image.id);
            let below = machine.layers.clone();
            let frozen = machine.freeze(&layer);
            tell(&mut self.problems, &image.id, frozen);
            [vec![layer], below].concat()
        } else {
            let source = image.source.as_ref().and_then(|id| self.images.get(id));
            source.cloned().unwrap_or_else(|| self.base())
        };
        self.images.insert(image.id.clone(), layers);
    }

    fn base(&self) -> Vec<PathBuf> {
        vec![self.store.join("base"), PathBuf::from("/")]
    }

    fn connect(&mut self, plan: &Plan) {
        self.networks.retain(|vpc, _| plan.traffic.contains_key(vpc));
        for network in &plan.wanted.networks {
            if !self.networks.contains_key(&network.vpc) {
                let made = Router::make(network).and_then(|router| {
                    let runtime = Runtime::start(Some(&path(&router.namespace)), &self.clock)?;
                    runtime.serve_names(
                        View::Inside,
                        SocketAddr::from((network.resolver, DNS)),
                        upstream(),
                    )?;
                    Ok((router, runtime))
                });
                match made {
                    Ok(made) => {
                        self.networks.insert(network.vpc.clone(), made);
                    }
                    Err(error) => tell(&mut self.problems, &network.vpc, Err(error)),
                }
            }
            let Some((router, runtime)) = self.networks.get_mut(&network.vpc) else { continue };
            let applied = router.apply(network);
            tell(&mut self.problems, &network.vpc, applied);
            if let Some(traffic) = plan.traffic.get(&network.vpc) {
                runtime.apply(traffic);
            }
            for problem in runtime.problems() {
                tell(&mut self.problems, &network.vpc, Err(io::Error::other(problem)));
            }
        }
    }

    fn begin(&mut self, wanted: &wanted::Machine) {
        let Power::On(since) = wanted.power else { return };
        let made = self.made(wanted);
        let (Ok(()), Some((router, _))) = (&made, self.networks.get_mut(&wanted.vpc)) else {
            return tell(&mut self.problems, &wanted.id, made);
        };
        let Some(machine) = self.machines.get_mut(&wanted.id) else { return };
        if let Some(failure) = machine.failure() {
            return tell(&mut self.problems, &wanted.id, Err(io::Error::other(failure)));
        }
        if machine.since().is_some() {
            return;
        }
        let started =
            router.attach(wanted).and_then(|()| machine.start(&self.store.join("boot.sh"), wanted, since));
        tell(&mut self.problems, &wanted.id, started);
    }

    /// Makes the disk of a machine that is new.
    fn made(&mut self, wanted: &wanted::Machine) -> io::Result<()> {
        if self.machines.contains_key(&wanted.id) {
            return Ok(());
        }
        let layers = self.images.get(&wanted.image).cloned().unwrap_or_else(|| self.base());
        let machine = Machine::make(self.store.join("machines").join(&wanted.id), layers)?;
        self.machines.insert(wanted.id.clone(), machine);
        Ok(())
    }

    /// Puts into the state what was seen.
    fn note(&mut self, shared: &Shared) {
        let consoles: Vec<(String, String)> = self
            .machines
            .iter_mut()
            .filter_map(|(id, machine)| Some((id.clone(), machine.console()?)))
            .collect();
        let probes: Vec<Probe> = self.networks.values().flat_map(|(_, runtime)| runtime.probes()).collect();
        if consoles.is_empty() && probes.is_empty() {
            return;
        }
        let mut inner = shared.lock();
        for region in inner.world.regions.values_mut() {
            for (id, text) in &consoles {
                if let Some(instance) = region.ec2.instances.get_mut(id) {
                    instance.console = Some(text.clone());
                }
            }
            for probe in &probes {
                region.elbv2.note(probe);
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for machine in self.machines.values() {
            machine.tell_to_end();
        }
        for machine in self.machines.values_mut() {
            machine.end();
        }
    }
}

/// Moves this thread, and what it starts, into a mount namespace of its own.
#[expect(
    deprecated,
    reason = "what replaces it is unsafe because of descriptors, which are shared on as before"
)]
fn alone() -> io::Result<()> {
    Ok(rustix::thread::unshare(UnshareFlags::NEWNS)?)
}

/// Says once what went wrong. The machine is then missing, as one that has failed would be.
fn tell(problems: &mut BTreeSet<String>, what: &str, outcome: io::Result<()>) {
    let Err(error) = outcome else { return };
    let problem = format!("{what}: {error}");
    if problems.insert(problem.clone()) {
        let _ = writeln!(io::stderr(), "sandbox: {problem}");
    }
}

/// Where this machine asks for names.
fn upstream() -> Option<SocketAddr> {
    let text = fs::read_to_string("/etc/resolv.conf").ok()?;
    let mut servers =
        text.lines().filter_map(|line| line.strip_prefix("nameserver ")?.trim().parse::<IpAddr>().ok());
    servers.next().map(|server| SocketAddr::from((server, DNS)))
}
