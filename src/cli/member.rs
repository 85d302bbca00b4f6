//! Members: who may sign in to the dashboard, and the links by which they come in.

use clap::Subcommand;
use serde_json::{Value, json};

use super::answer::Answer;
use super::words::table;
use super::{Failure, Result};
use crate::domain::access::{Member, Role};
use crate::domain::contact::Email;
use crate::domain::id::OrgId;
use crate::service::{Access, Invited, TenantError};

#[derive(Subcommand)]
pub(super) enum MemberCommand {
    /// Invite a member to the dashboard, or make a fresh link for one who is invited
    Invite {
        /// The member's address
        email: String,
        /// The organization's id
        #[arg(long)]
        org: OrgId,
        /// owner, admin, developer or viewer
        #[arg(long, default_value = "owner")]
        role: Role,
        /// A name for people
        #[arg(long, default_value = "")]
        name: String,
    },
    /// List the members of an organization
    List {
        /// The organization's id
        #[arg(long)]
        org: OrgId,
    },
    /// Make a link by which a member chooses another password; it is not mailed
    ResetPassword {
        /// The member's address
        email: String,
        /// The organization's id
        #[arg(long)]
        org: OrgId,
    },
    /// Remove a member's second factors and end the sessions; new ones are set up at the next sign-in
    ResetFactors {
        /// The member's address
        email: String,
        /// The organization's id
        #[arg(long)]
        org: OrgId,
    },
}

fn address(text: &str) -> Result<Email> {
    Email::parse(text).map_err(|error| Failure::Use(format!("EMAIL: {}", error.message)))
}

pub(super) async fn run(access: &Access, public_url: &str, command: MemberCommand) -> Result<Answer> {
    match command {
        MemberCommand::Invite { email, org, role, name } => {
            let email = address(&email)?;
            let invited = invite(access, org, &email, role, &name).await?;
            let link = invited.link.url(public_url);
            let member = &invited.member;
            let text = format!(
                "{} is invited as {}, with the id {}. The link works once, for 7 days, and is mailed, too:\n\n  {link}",
                member.email, member.role, member.id
            );
            Ok(Answer::new(text, with_link(member, &link)))
        }
        MemberCommand::List { org } => {
            let members = access.members(org).await?;
            let rows = members.iter().map(|member| {
                let status = if member.active { "active" } else { "invited" };
                [member.id.to_string(), member.role.to_string(), status.to_owned(), member.email.clone()]
            });
            let empty = "There is no member yet: rift-mfa member invite EMAIL --org ID";
            let text = table(["ID", "ROLE", "STATUS", "ADDRESS"], rows, empty);
            Ok(Answer::new(text, json!({ "data": members.iter().map(member_json).collect::<Vec<_>>() })))
        }
        MemberCommand::ResetPassword { email, org } => {
            let member = access.member_at(org, &address(&email)?).await?;
            let reset = access.reset_link(org, member.id).await?;
            let link = reset.link.url(public_url);
            let text = format!(
                "By this link {} chooses another password; it works once, for 30 minutes, and is not mailed:\n\n  {link}",
                member.email
            );
            Ok(Answer::new(text, with_link(&member, &link)))
        }
        MemberCommand::ResetFactors { email, org } => {
            let member = access.member_at(org, &address(&email)?).await?;
            access.reset_member_factors(org, member.id, &Role::ALL).await?;
            let text = format!(
                "{} has no second factor and no session any more. After the password, new ones are set up.",
                member.email
            );
            Ok(Answer::new(text, member_json(&member)))
        }
    }
}

/// A new member, or a fresh link for one who is invited. The operator hands it over where no more may be mailed.
async fn invite(access: &Access, org: OrgId, email: &Email, role: Role, name: &str) -> Result<Invited> {
    let new = match access.add_member(org, email, role, name, true).await {
        Err(TenantError::TooManyMails(_)) => access.add_member(org, email, role, name, false).await,
        other => other,
    };
    let known = match new {
        Err(TenantError::MemberExists(known)) => known,
        other => return Ok(other?),
    };
    let member = access.member(org, known).await?;
    if member.active {
        return Err(Failure::Failed(format!(
            "{} signs in already. For a lost password: rift-mfa member reset-password {0} --org {org}; \
             for a lost second factor: rift-mfa member reset-factors {0} --org {org}",
            member.email
        )));
    }
    if member.role != role {
        return Err(Failure::Failed(format!(
            "{} is invited as {} already. For a fresh link: rift-mfa member invite {0} --org {org} --role {1}",
            member.email, member.role
        )));
    }
    Ok(match access.invite_again(org, known, &Role::ALL, true).await {
        Err(TenantError::TooManyMails(_)) => access.invite_again(org, known, &Role::ALL, false).await?,
        other => other?,
    })
}

fn member_json(member: &Member) -> Value {
    json!({
        "id": member.id,
        "org": member.org,
        "email": member.email,
        "name": member.name,
        "role": member.role.as_str(),
        "status": if member.active { "active" } else { "invited" },
        "created_at": member.created_at.to_string(),
    })
}

fn with_link(member: &Member, link: &str) -> Value {
    let mut json = member_json(member);
    if let Value::Object(fields) = &mut json {
        fields.insert("link".into(), json!(link));
    }
    json
}
