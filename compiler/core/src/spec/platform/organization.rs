//! Who runs the platform: organisation, billing, folders, projects, naming, owners.

use crate::source::Spanned;
use crate::spec::layered::layered;
use crate::spec::values::pattern;

layered! {
    /// The Google Cloud organisation.
    #[schemars(extend("required" = ["id", "domain"]))]
    pub struct Organization / OrganizationLayer {
        /// The organisation's number: 10 to 12 digits, quoted.
        #[schemars(regex(pattern = r"^[0-9]{10,12}$"), example = &"123456789012")]
        id: Spanned<String>,
        /// The organisation's domain, in lower case.
        #[schemars(regex(pattern = pattern::DOMAIN), length(max = 253), example = &"hosting.example")]
        domain: Spanned<String>,
    }
}

layered! {
    /// Who pays.
    #[schemars(extend("required" = ["account"]))]
    pub struct Billing / BillingLayer {
        /// The id of the billing account: three groups of six hexadecimal digits in upper case.
        #[schemars(regex(pattern = r"^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$"), example = &"01A2B3-C4D5E6-F70819")]
        account: Spanned<String>,
        /// The currency of the account, of all budgets and of all prices: three letters of ISO 4217. Google refuses a budget in another one.
        #[schemars(regex(pattern = r"^[A-Z]{3}$"), example = &"USD")]
        currency: Spanned<String>,
    }
}

layered! {
    /// Display names of folders: 3 to 30 characters, all different.
    #[schemars(extend("required" = ["root", "production", "nonProduction"]))]
    pub struct Folders / FoldersLayer {
        /// The folder that holds everything of the platform.
        #[schemars(length(min = 3, max = 30), example = &"aipress")]
        root: Spanned<String>,
        /// The folder, below the root, of what serves the public.
        #[schemars(length(min = 3, max = 30), example = &"aipress-prod")]
        production: Spanned<String>,
        /// The folder, below the root, of everything else.
        #[schemars(length(min = 3, max = 30), example = &"aipress-nonprod")]
        non_production: Spanned<String>,
    }
}

layered! {
    /// Projects that all shards share; their ids differ from each other and from those of shards.
    #[schemars(extend("required" = ["shared", "edge", "logging"]))]
    pub struct Projects / ProjectsLayer {
        /// The project of the shared network, the registry, the control plane and the builds.
        shared: SharedProject,
        /// The project of the load balancers and certificates.
        edge: SharedProject,
        /// The project that collects the logs.
        logging: SharedProject,
    }
}

layered! {
    /// A project.
    #[schemars(extend("required" = ["id"]))]
    pub struct SharedProject / SharedProjectLayer {
        /// The project's id: 6 to 30 lower-case letters, digits and hyphens; unique over all of Google Cloud, and never free again after deletion.
        #[schemars(regex(pattern = pattern::PROJECT), example = &"aip-shared-7f3k")]
        id: Spanned<String>,
    }
}

layered! {
    /// Ids of projects that the compiler names: prefix, shard and suffix joined by hyphens, at most 30 characters together.
    #[schemars(extend("required" = ["suffix"]))]
    pub struct Naming / NamingLayer {
        /// The first part: 2 to 5 lower-case letters or digits.
        #[schemars(regex(pattern = r"^[a-z][a-z0-9]{1,4}$"), example = &"aip")]
        prefix: Spanned<String>,
        /// The last part: 4 lower-case letters or digits, chosen once at random because project ids are unique over all of Google Cloud.
        #[schemars(regex(pattern = r"^[a-z0-9]{4}$"), example = &"7f3k")]
        suffix: Spanned<String>,
    }
}

layered! {
    /// An owner of tenants.
    pub struct Owner / OwnerLayer {
        /// The owner's id, as tenants write it in `owner.org`: 3 to 24 characters.
        #[schemars(regex(pattern = pattern::ORG), example = &"acme")]
        org: Spanned<String>,
        /// Names of secrets in the shared project that tenants of this owner may reference. Values never stand in Git.
        #[schemars(inner(regex(pattern = pattern::SECRET)), extend("examples" = [["acme-smtp"]]))]
        secrets: Vec<Spanned<String>>,
        /// The owner's reference in the billing system, for reports.
        #[schemars(length(min = 1, max = 64), example = &"ACME-0042")]
        billing_ref: Option<Spanned<String>>,
        /// E-mail addresses to ask before something of this owner is deleted.
        #[schemars(inner(regex(pattern = pattern::EMAIL)), extend("examples" = [["web@acme.example"]]))]
        contacts: Vec<Spanned<String>>,
    }
}
