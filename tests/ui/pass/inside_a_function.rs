//! An enum in a function body, with payloads that are named like its variants.

fn main() {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use wirebond::Contract;

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Chat {
        content: String,
    }

    #[derive(Debug, Contract)]
    enum App {
        Chat(Chat),
        Leave,
    }

    assert_eq!(App::MESSAGES.len(), 2);
    let app = AppClient::builder("ws://localhost").build().expect("sound settings");
    let waiting = app.send_chat(&Chat { content: App::NAME.to_owned() });
    drop((waiting, App::Leave));
}
