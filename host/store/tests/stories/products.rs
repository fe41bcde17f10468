use store::account::Added;

use crate::company::product;
use crate::database::Database;

stories! { products_are_added_once }

async fn products_are_added_once(db: Database) -> Database {
    let mut tx = db.begin().await;
    let list = [product("cup"), product("jug"), product("cup"), product("")];
    let refused = vec![(3, "a product needs a sku".to_owned())];
    assert_eq!(
        tx.add_products(&list).await.unwrap(),
        Added {
            new: 2,
            existing: 1,
            refused: refused.clone()
        }
    );
    assert_eq!(
        tx.add_products(&list).await.unwrap(),
        Added {
            new: 0,
            existing: 3,
            refused
        }
    );
    let jug = tx.product("jug").await.unwrap().unwrap();
    assert_eq!(
        (jug.ordinal, &*jug.category, jug.attributes["brand"].as_str()),
        (2, "goods/cups", "acme")
    );
    assert_eq!(tx.products_of(&[2, 3]).await.unwrap(), [jug]);
    assert_eq!(tx.products().await.unwrap().len(), 2);
    assert_eq!(
        tx.product_ordinals(&["cup", "pot"]).await.unwrap(),
        [("cup".to_owned(), 1)].into()
    );
    db
}
