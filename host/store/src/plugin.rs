//! Plugin versions as installed, and the components they are made of.

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::digest::{Digest, canonical_json};
use domain::id::PluginVersionId;
use domain::plugin::{Descriptor, Grant};
use serde_json::json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// One version of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginVersion {
    pub id: PluginVersionId,
    pub descriptor: Descriptor,
    /// What an administrator lets it see.
    pub granted: Grant,
    /// SHA-256 of the component.
    pub component: Digest,
    /// No new terms take it any more; those that name it keep it.
    pub retired: bool,
    pub installed_at: DateTime<Utc>,
    pub installed_by: Actor,
}

#[derive(sqlx::FromRow)]
struct PluginRow {
    id: String,
    descriptor: String,
    granted: String,
    digest: String,
    status: String,
    installed_at: DateTime<Utc>,
    installed_by: String,
}

impl Tx {
    /// Keeps an admitted component under its descriptor's id and version. The same again changes nothing.
    ///
    /// # Errors
    /// [`Error::Conflict`] when that version is installed with another component, descriptor or grant.
    pub async fn install_plugin(
        &mut self,
        descriptor: &Descriptor,
        granted: &Grant,
        component: &[u8],
    ) -> Result<PluginVersion> {
        let digest = Digest::of(component);
        if let Some(installed) = self.plugin_version_named(&descriptor.id, &descriptor.version).await? {
            return if installed.component == digest
                && installed.descriptor == *descriptor
                && installed.granted == *granted
            {
                Ok(installed)
            } else {
                Err(Error::Conflict(format!(
                    "plugin `{}` {} is installed already, with another component or grant: give the new one a new version",
                    descriptor.id, descriptor.version
                )))
            };
        }
        let installed = PluginVersion {
            id: self.ids.next(self.at),
            descriptor: descriptor.clone(),
            granted: granted.clone(),
            component: digest,
            retired: false,
            installed_at: self.at,
            installed_by: self.actor.clone(),
        };
        let (digest, actor) = (digest.to_string(), self.actor.to_string());
        let described = String::from_utf8_lossy(&canonical_json(descriptor)?).into_owned();
        let grant = String::from_utf8_lossy(&canonical_json(granted)?).into_owned();
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into plugin_components (digest, content) values ($1, $2) on conflict (digest) do nothing",
            )
            .bind(&*digest)
            .bind(component)
            .execute(&mut *conn)
            .await?;
            sqlx::query(
                "insert into plugin_versions (id, plugin, version, descriptor, granted, digest, status, installed_at, installed_by)
                 values ($1, $2, $3, $4, $5, $6, 'active', $7, $8)",
            )
            .bind(installed.id.as_str())
            .bind(&*descriptor.id)
            .bind(&*descriptor.version)
            .bind(&*described)
            .bind(&*grant)
            .bind(&*digest)
            .bind(installed.installed_at)
            .bind(&*actor)
            .execute(conn)
            .await?;
        });
        let details =
            json!({"plugin": descriptor.id, "version": descriptor.version, "component": digest, "granted": granted});
        self.note("install-plugin", installed.id.as_str(), details);
        Ok(installed)
    }

    /// From now on no new terms take this version.
    pub async fn retire_plugin(&mut self, id: &PluginVersionId) -> Result<()> {
        let retired: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "update plugin_versions set status = 'retired' where id = $1 and status = 'active' returning id",
            )
            .bind(id.as_str())
            .fetch_optional(conn)
            .await
        })?;
        if retired.is_none() {
            return Err(Error::Conflict(format!(
                "plugin version `{id}` does not exist, or is retired"
            )));
        }
        self.note("retire-plugin", id.as_str(), json!({}));
        Ok(())
    }
}

impl Snapshot {
    /// All of them, by plugin and then from the oldest to the newest.
    pub async fn plugin_versions(&mut self) -> Result<Vec<PluginVersion>> {
        let rows: Vec<PluginRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, descriptor, granted, digest, status, installed_at, installed_by
                 from plugin_versions
                 order by plugin, id",
            )
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(PluginVersion::try_from).collect()
    }

    pub async fn plugin_version(&mut self, id: &PluginVersionId) -> Result<Option<PluginVersion>> {
        let row: Option<PluginRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, descriptor, granted, digest, status, installed_at, installed_by
                 from plugin_versions
                 where id = $1",
            )
            .bind(id.as_str())
            .fetch_optional(conn)
            .await
        })?;
        row.map(PluginVersion::try_from).transpose()
    }

    /// By the plugin's own id, such as `rebate`, and its version.
    pub async fn plugin_version_named(&mut self, plugin: &str, version: &str) -> Result<Option<PluginVersion>> {
        let row: Option<PluginRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, descriptor, granted, digest, status, installed_at, installed_by
                 from plugin_versions
                 where plugin = $1 and version = $2",
            )
            .bind(plugin)
            .bind(version)
            .fetch_optional(conn)
            .await
        })?;
        row.map(PluginVersion::try_from).transpose()
    }

    /// The component with this SHA-256.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it has another by now.
    pub async fn component(&mut self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let name = digest.to_string();
        let content: Option<Vec<u8>> = on_engine!(self, |conn| {
            sqlx::query_scalar("select content from plugin_components where digest = $1")
                .bind(&*name)
                .fetch_optional(conn)
                .await
        })?;
        match content {
            Some(content) if Digest::of(&content) != *digest => Err(Error::corrupt(format!(
                "the component `{digest}` was changed: its bytes give {}",
                Digest::of(&content)
            ))),
            content => Ok(content),
        }
    }
}

impl TryFrom<PluginRow> for PluginVersion {
    type Error = Error;

    fn try_from(row: PluginRow) -> Result<Self> {
        Ok(PluginVersion {
            id: row.id.into(),
            descriptor: read(serde_json::from_str(&row.descriptor))?,
            granted: read(serde_json::from_str(&row.granted))?,
            component: read(row.digest.parse())?,
            retired: row.status == "retired",
            installed_at: row.installed_at,
            installed_by: read(row.installed_by.parse())?,
        })
    }
}
