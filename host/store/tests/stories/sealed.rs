use store::segment::{Corrections, Opened, Sealer, Segment};
use store::{Error, Tx};

use crate::company::{open_for_business, sale};
use crate::database::Database;

stories! {
    segments_are_kept_with_the_position_they_reach
    segments_are_merged_and_made_again
    a_changed_segment_is_found_and_named
}

/// Three rows in two months, sealed but not kept.
async fn seal(tx: &mut Tx) -> (Vec<Segment>, u64) {
    let import = open_for_business(tx).await;
    let rows = [
        sale("1", "a", "2011-01-05", 10),
        sale("2", "b", "2011-01-06", 20),
        sale("3", "b", "2011-02-06", 20),
    ];
    tx.append(&import, &rows).await.unwrap();
    let mut sealer = Sealer::after(tx.sealed_position().await.unwrap());
    for row in tx.rows_after(0, 10).await.unwrap() {
        sealer.push(&row).unwrap();
    }
    (sealer.take().unwrap(), sealer.position())
}

async fn segments_are_kept_with_the_position_they_reach(db: Database) -> Database {
    let mut tx = db.begin().await;
    let (segments, position) = seal(&mut tx).await;
    tx.keep_segments(&segments, 0, position).await.unwrap();
    assert_eq!(tx.sealed_position().await.unwrap(), 3);
    let infos = tx.segments().await.unwrap();
    assert_eq!(
        infos,
        segments.iter().map(|segment| segment.info.clone()).collect::<Vec<_>>()
    );
    assert_eq!(infos.iter().map(|info| info.rows).collect::<Vec<_>>(), [2, 1]);
    let content = tx.segment(&infos[0].digest).await.unwrap();
    assert_eq!(content, segments[0].content);
    let both = [infos[1].digest, infos[0].digest];
    let contents = tx.segment_contents(&both).await.unwrap();
    assert_eq!(contents, [segments[1].content.clone(), segments[0].content.clone()]);
    let again = tx.keep_segments(&segments, 0, position).await;
    assert!(
        matches!(again, Err(Error::Stale(sentence)) if sentence == "the journal is sealed up to position 3 by now, not 0: seal from there")
    );
    db
}

async fn segments_are_merged_and_made_again(db: Database) -> Database {
    let mut tx = db.begin().await;
    let (segments, position) = seal(&mut tx).await;
    tx.keep_segments(&segments, 0, position).await.unwrap();
    let [old, new] = [segments[0].info.digest, segments[1].info.digest];
    tx.replace_segments(&[old], &[]).await.unwrap();
    assert_eq!(
        tx.segments()
            .await
            .unwrap()
            .iter()
            .map(|info| info.digest)
            .collect::<Vec<_>>(),
        [new]
    );
    assert!(matches!(
        tx.replace_segments(&[old], &segments[..1]).await,
        Err(Error::Stale(_))
    ));
    tx.replace_segments(&[new], &segments).await.unwrap();
    assert_eq!(tx.segments().await.unwrap().len(), 2);
    tx.delete_segments().await.unwrap();
    assert_eq!(
        (tx.segments().await.unwrap().len(), tx.sealed_position().await.unwrap()),
        (0, 0)
    );
    assert!(matches!(tx.segment(&old).await, Err(Error::Stale(_))));
    assert!(matches!(tx.segment_contents(&[old]).await, Err(Error::Stale(_))));
    tx.keep_segments(&segments, 0, position).await.unwrap();
    db
}

async fn a_changed_segment_is_found_and_named(db: Database) -> Database {
    let mut tx = db.begin().await;
    let (segments, position) = seal(&mut tx).await;
    tx.keep_segments(&segments, 0, position).await.unwrap();
    tx.commit().await.unwrap();
    db.meddle(&format!("update segments set content = {}", db.bytes("other")))
        .await
        .unwrap();
    let mut read = db.store.read().await.unwrap();
    let digest = segments[0].info.digest;
    let changed = read.segment(&digest).await.unwrap();
    let found = Opened::open(digest, changed, &Corrections::default())
        .unwrap_err()
        .to_string();
    assert!(found.starts_with(&format!("segment `{digest}` is damaged")), "{found}");
    drop(read);
    assert!(Opened::open(digest, segments[0].content.clone(), &Corrections::default()).is_ok());
    db
}
