//! What erased users had a part in is kept as figures until its hours have been counted for good.

use super::statements::{ADD_KEPT, ERASED_CHECKS};
use super::{Cell, Cells, add_checks, values};
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::domain::usage::By;
use crate::keyring::UserKey;
use crate::store::Result;
use crate::store::sql::{Row, Session, args};

/// The figures of one user that is erased.
pub struct Kept {
    scope: Scope,
    cells: Cells,
}

impl Kept {
    /// The user's checks; before they are erased.
    pub async fn of_checks(tx: &mut dyn Session, scope: Scope, user: &UserKey) -> Result<Self> {
        let mut cells = Cells::new();
        add_checks(&mut cells, &tx.rows(ERASED_CHECKS, args![scope.app, scope.mode, user]).await?)?;
        Ok(Self { scope, cells })
    }

    /// Messages that were erased.
    pub fn add_messages(&mut self, rows: &[Row]) -> Result<()> {
        for row in rows {
            let status: String = row.get("status")?;
            let stood_by =
                status == "queued" && row.get::<i64>("step")? > 0 && row.get::<String>("lease")?.is_empty();
            if status == "skipped" || stood_by {
                continue;
            }
            let created_at = row.moment("created_at")?;
            let cell = Cell {
                app: self.scope.app.to_string(),
                mode: self.scope.mode.to_string(),
                at: By::Hour.floor(created_at),
                channel: row.get("channel")?,
                country: row.get::<Option<String>>("country")?.unwrap_or_default(),
            };
            let took = row.moment_opt("ended_at")?.map(|end| end.millis() - created_at.millis());
            self.cells.entry(cell).or_default().count_messages(&status, took, 1);
        }
        Ok(())
    }

    /// Keeps them. Whoever closes an hour or reads figures at the same moment sees by the mark that it must do so anew.
    pub async fn keep(self, tx: &mut dyn Session) -> Result<()> {
        tx.run(
            "INSERT INTO usage_marks AS m (name, value) VALUES ('erased', 1)
             ON CONFLICT (name) DO UPDATE SET value = m.value + 1",
            args![],
        )
        .await?;
        let last = tx.row("SELECT value FROM usage_marks WHERE name = 'final'", args![]).await?;
        let last: Option<Moment> = last.map(|row| row.moment("value")).transpose()?;
        for (cell, figures) in &self.cells {
            if last.is_none_or(|last| cell.at >= last) {
                tx.run(ADD_KEPT, values(cell, figures)).await?;
            }
        }
        Ok(())
    }
}
