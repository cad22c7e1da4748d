//! A house on its street: Keystile, nginx before it, the application behind it, and a customer.

use crate::application::Application;
use crate::house::{Customer, House, Reply, raw, text};
use crate::proxy::Nginx;

pub(crate) const CHAT: &str = "POST /v1/events/evt_1/messages";
pub(crate) const CREATE: &str = "POST /v1/events";

/// All of them.
pub(crate) struct Street {
    pub(crate) house: House,
    pub(crate) application: Application,
    pub(crate) nginx: Nginx,
    pub(crate) customer: Customer,
}

impl Street {
    /// Keepem, as shipped.
    pub(crate) async fn keepem() -> Self {
        Self::of("keepem", |text| text).await
    }

    pub(crate) async fn of(product: &str, change: impl Fn(String) -> String) -> Self {
        let house = House::furnished().await;
        let application = Application::start();
        let nginx = Nginx::start(house.address, application.address, change);
        let customer = house.customer(product, "Riverside");
        Self {
            house,
            application,
            nginx,
            customer,
        }
    }

    pub(crate) fn send(&self, operation: &str, headers: &[(&str, &str)]) -> Reply {
        self.send_to("api.keepem.example", operation, headers)
    }

    pub(crate) fn send_to(&self, host: &str, operation: &str, headers: &[(&str, &str)]) -> Reply {
        let mut message = format!("{operation} HTTP/1.1\r\nhost: {host}\r\n");
        for (name, value) in headers {
            message.push_str(&format!("{name}: {value}\r\n"));
        }
        message.push_str("content-length: 2\r\nconnection: close\r\n\r\nhi");
        raw(self.nginx.address, message.as_bytes())
    }

    pub(crate) fn with_key(&self, operation: &str, key: &str) -> Reply {
        self.send(operation, &[("authorization", &format!("Bearer {key}"))])
    }

    pub(crate) fn publishable(&self) -> String {
        text(&self.customer.automatic("production", "publishable")["value"])
    }

    pub(crate) fn secret(&self) -> (String, String) {
        self.house
            .key(self.customer.environment("production"), "secret", "Backend")
    }
}
