//! The images that anybody can see, and the public parameters that name the newest of them.
//!
//! Names and owners are the real ones; ids are made of Region and name, as an image has another id in each Region.

use super::Noun;
use super::block_device::BlockDevice;
use super::image::Image;
use crate::loopback::action::Meta;
use crate::loopback::clock::Time;
use crate::loopback::world::{Region, hash};

/// An image that its owner has made public.
#[derive(Debug)]
pub struct PublicImage {
    pub name: &'static str,
    pub description: &'static str,
    /// `x86_64` or `arm64`.
    pub architecture: &'static str,
    /// The account that owns it.
    pub owner: &'static str,
    /// What `DescribeImages` takes for that account: `amazon`, `aws-marketplace`.
    pub alias: Option<&'static str>,
    pub root_device: &'static str,
    /// Of the root volume, in GiB.
    pub size: u32,
    /// Of the root volume: `gp3`, …
    pub volume: &'static str,
    /// `uefi-preferred`, …
    pub boot: Option<&'static str>,
    /// Whether instances of it demand tokens of those who ask for metadata.
    pub imds_v2: bool,
    /// What it is billed as.
    pub platform: &'static str,
    /// When, in seconds since the epoch.
    pub made: u64,
    /// Of a Marketplace product, which an account has to subscribe to before it can launch the image.
    pub product: Option<&'static str>,
    /// The public parameters whose value is its id.
    pub parameters: &'static [&'static str],
}

impl PublicImage {
    /// Its id in a Region.
    #[must_use]
    pub fn id(&self, region: &str) -> String {
        format!("ami-0{:016x}", hash(&format!("{region} {}", self.name)))
    }

    fn image(&self, region: &str) -> Image {
        let made = Time(self.made * 1_000_000);
        let meta = Meta { id: self.id(region), made, visible: made, ..Meta::default() };
        let mut root = BlockDevice::plain(self.root_device, self.size, self.volume);
        root.snapshot = Some(meta.id.replacen(Image::KIND.prefix, "snap-", 1));
        Image {
            description: self.description.to_owned(),
            owner: self.owner.to_owned(),
            alias: self.alias,
            architecture: self.architecture.to_owned(),
            boot: self.boot,
            imds_v2: self.imds_v2,
            platform: self.platform,
            product: self.product,
            public: true,
            ..Image::new(meta, self.name, self.root_device, vec![root], made)
        }
    }
}

/// Puts all of them into a new Region.
pub fn seed(region: &mut Region) {
    for image in ALL {
        let image = image.image(&region.name);
        region.ec2.images.insert(image.meta.id.clone(), image);
    }
}

const AMAZON: &str = "137112412989";
const CANONICAL: &str = "099720109477";
const RED_HAT: &str = "309956199498";
const MARKETPLACE: &str = "679593333241";

const AMAZON_LINUX: PublicImage = PublicImage {
    name: "",
    description: "",
    architecture: "x86_64",
    owner: AMAZON,
    alias: Some("amazon"),
    root_device: "/dev/xvda",
    size: 8,
    volume: "gp3",
    boot: Some("uefi-preferred"),
    imds_v2: true,
    platform: "Linux/UNIX",
    made: 1_793_124_251,
    product: None,
    parameters: &[],
};
const AMAZON_LINUX_2: PublicImage = PublicImage { volume: "gp2", boot: None, imds_v2: false, ..AMAZON_LINUX };
const UBUNTU: PublicImage =
    PublicImage { owner: CANONICAL, alias: None, root_device: "/dev/sda1", ..AMAZON_LINUX };
const RHEL: PublicImage = PublicImage {
    owner: RED_HAT,
    size: 10,
    description: "Provided by Red Hat, Inc.",
    imds_v2: false,
    platform: "Red Hat Enterprise Linux",
    ..UBUNTU
};
const OPENVPN: PublicImage = PublicImage {
    owner: MARKETPLACE,
    alias: Some("aws-marketplace"),
    root_device: "/dev/sda1",
    product: Some("f2ew2wrz425a1jagnifd02u5t"),
    ..AMAZON_LINUX_2
};

pub const ALL: &[PublicImage] = &[
    PublicImage {
        name: "al2023-ami-2023.9.20261027.0-kernel-6.1-x86_64",
        description: "Amazon Linux 2023 AMI 2023.9.20261027.0 x86_64 HVM kernel-6.1",
        parameters: &[
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64",
        ],
        ..AMAZON_LINUX
    },
    PublicImage {
        name: "al2023-ami-2023.9.20261027.0-kernel-6.1-arm64",
        description: "Amazon Linux 2023 AMI 2023.9.20261027.0 arm64 HVM kernel-6.1",
        architecture: "arm64",
        parameters: &[
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64",
        ],
        ..AMAZON_LINUX
    },
    // An older one, for those who take the newest by its date and must not take this.
    PublicImage {
        name: "al2023-ami-2023.8.20260818.0-kernel-6.1-x86_64",
        description: "Amazon Linux 2023 AMI 2023.8.20260818.0 x86_64 HVM kernel-6.1",
        made: 1_787_085_712,
        ..AMAZON_LINUX
    },
    // As new as the newest, and of a name that nearly fits: for those whose pattern is too wide.
    PublicImage {
        name: "al2023-ami-minimal-2023.9.20261027.0-kernel-6.1-x86_64",
        description: "Amazon Linux 2023 AMI 2023.9.20261027.0 x86_64 Minimal HVM kernel-6.1",
        size: 2,
        made: 1_793_124_251,
        parameters: &["/aws/service/ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-x86_64"],
        ..AMAZON_LINUX
    },
    PublicImage {
        name: "amzn2-ami-hvm-2.0.20261020.0-x86_64-gp2",
        description: "Amazon Linux 2 AMI 2.0.20261020.0 x86_64 HVM gp2",
        parameters: &["/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"],
        ..AMAZON_LINUX_2
    },
    PublicImage {
        name: "amzn2-ami-kernel-5.10-hvm-2.0.20261020.0-x86_64-gp2",
        description: "Amazon Linux 2 Kernel 5.10 AMI 2.0.20261020.0 x86_64 HVM gp2",
        parameters: &["/aws/service/ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-x86_64-gp2"],
        ..AMAZON_LINUX_2
    },
    PublicImage {
        name: "amzn2-ami-kernel-5.10-hvm-2.0.20261020.0-arm64-gp2",
        description: "Amazon Linux 2 LTS Arm64 Kernel 5.10 AMI 2.0.20261020.0 arm64 HVM gp2",
        architecture: "arm64",
        parameters: &[
            "/aws/service/ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-arm64-gp2",
            "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-arm64-gp2",
        ],
        ..AMAZON_LINUX_2
    },
    PublicImage {
        name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261015",
        description: "Canonical, Ubuntu, 24.04, amd64 noble image",
        parameters: &["/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"],
        ..UBUNTU
    },
    PublicImage {
        name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20261015",
        description: "Canonical, Ubuntu, 24.04, arm64 noble image",
        architecture: "arm64",
        parameters: &["/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"],
        ..UBUNTU
    },
    PublicImage { name: "RHEL-9.6.0_HVM-20261009-x86_64-0-Hourly2-GP3", ..RHEL },
    PublicImage { name: "RHEL-9.6.0_HVM-20261009-arm64-0-Hourly2-GP3", architecture: "arm64", ..RHEL },
    PublicImage { name: "RHEL-9.5.0_HVM-20260611-x86_64-0-Hourly2-GP3", made: 1_781_172_000, ..RHEL },
    PublicImage {
        name: "OpenVPN Access Server Community Image-8fbe3379-63b6-43e8-87bd-0e93fd7be8f3",
        description: "OpenVPN Access Server 2.13.1 publisher image from https://www.openvpn.net/.",
        made: 1_772_445_600,
        ..OPENVPN
    },
    PublicImage {
        name: "OpenVPN Access Server Community Image-fe8020db-5343-4c43-9e65-5ed4a825c931",
        description: "OpenVPN Access Server 2.14.3 publisher image from https://www.openvpn.net/.",
        ..OPENVPN
    },
];
