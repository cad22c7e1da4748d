//! The client: questions about keys, and one room for each resource of the API.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};

use crate::call::{Answer, Call, Given, Operation};
use crate::connection::{Connection, check_url};
use crate::errors::ConfigurationError;
use crate::generated::resources::CreditsResource;
use crate::key;
use crate::question::{Asked, Question};
use crate::secret::{Secret, masked};
use crate::session;
use crate::transport::{Caller, idempotency_key, is_visible};
use crate::types::VerifyAnswer;
use crate::verdict::{Verdict, no_verdict};

/// The longest key of another system, in bytes.
const LONGEST_FOREIGN: usize = 255;

/// How a client is put together. Printing it does not show its key.
#[derive(Clone)]
#[must_use]
pub struct Config {
    url: String,
    operator_key: Secret,
    product: Option<String>,
    environment: Option<String>,
    timeout: Duration,
    manage_timeout: Duration,
    max_retries: u32,
    retry_delay: Duration,
    foreign_prefixes: Vec<String>,
}

impl Config {
    /// `url` is where Keystile listens, such as `https://keys.example.com`. Bind the operator key to
    /// the product and the environment that it serves.
    pub fn new(url: impl Into<String>, operator_key: impl Into<Secret>) -> Self {
        Self {
            url: url.into(),
            operator_key: operator_key.into(),
            product: None,
            environment: None,
            timeout: Duration::from_secs(2),
            manage_timeout: Duration::from_secs(30),
            max_retries: 2,
            retry_delay: Duration::from_millis(50),
            foreign_prefixes: Vec::new(),
        }
    }

    /// The product's slug: needed when the operator key is not bound to one.
    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into());
        self
    }

    /// The environment's name: needed when the operator key is not bound to one.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// How long a verify may take with all its tries. Default 2 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long any other call may take with all its tries. Default 30 s.
    pub fn manage_timeout(mut self, timeout: Duration) -> Self {
        self.manage_timeout = timeout;
        self
    }

    /// How often a call that may be repeated is repeated, at most 10 times. Default 2.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// The wait before the first repetition; each further one is twice as long. Default 50 ms.
    pub fn retry_delay(mut self, delay: Duration) -> Self {
        self.retry_delay = delay;
        self
    }

    /// How keys of another system begin, where the manifest has `[[foreign_formats]]`.
    pub fn foreign_prefixes<S: Into<String>>(
        mut self,
        prefixes: impl IntoIterator<Item = S>,
    ) -> Self {
        self.foreign_prefixes = prefixes.into_iter().map(Into::into).collect();
        self
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({})", masked(&self.url))
    }
}

/// Keystile, as seen from a server: [`Client::verify`] for the read path, and a method for each
/// resource of the API, such as [`Client::keys`]. A clone shares its connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) api: Arc<Caller>,
    settings: Arc<Settings>,
}

struct Settings {
    product: Option<String>,
    environment: Option<String>,
    timeout: Duration,
    foreign_prefixes: Vec<String>,
}

impl Client {
    /// Puts a client together. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// When the address, the key or a bound cannot be right.
    pub fn new(config: Config) -> Result<Self, ConfigurationError> {
        let base = check_url("url", &config.url)?;
        key::check_operator_key(config.operator_key.reveal())?;
        if config.timeout.is_zero() || config.manage_timeout.is_zero() || config.max_retries > 10 {
            let message = "timeout and manage_timeout are above 0, and max_retries is at most 10";
            return Err(ConfigurationError::new(message));
        }
        let api = Caller {
            connection: Connection::to(&base)?,
            base,
            operator_key: Some(config.operator_key),
            timeout: config.manage_timeout,
            max_retries: config.max_retries,
            retry_delay: config.retry_delay,
        };
        let settings = Settings {
            product: config.product,
            environment: config.environment,
            timeout: config.timeout,
            foreign_prefixes: config.foreign_prefixes,
        };
        Ok(Self {
            api: Arc::new(api),
            settings: Arc::new(settings),
        })
    }

    /// Asks whether a key is good for a call. A key that is malformed is refused here, and never
    /// sent.
    ///
    /// The error says that nothing was decided, which is never a yes, or that the question or the
    /// operator key is wrong.
    pub fn verify(&self, question: Question) -> Call<Verdict> {
        let client = self.clone();
        Call::new(move |given| -> Answer<Verdict> {
            Box::pin(async move {
                if let Some(refused) = client.refused_here(question.key.reveal()) {
                    return Ok(refused);
                }
                let asked = client.completed(question);
                let operation = Operation::new(Method::POST, "/v1/keys/verify", &[])
                    .safe(asked.is_safe())
                    .body(&asked);
                let given = client.bounded(given);
                let answer = client.api.send::<VerifyAnswer>(&operation, &given).await?;
                Verdict::read(answer, &client.credits())
            })
        })
    }

    /// Asks up to 100 questions at once; the verdicts come in their order. One that cannot be
    /// decided has the code `undecided`.
    pub fn verify_batch(&self, questions: Vec<Question>) -> Call<Vec<Verdict>> {
        let client = self.clone();
        Call::new(move |given| -> Answer<Vec<Verdict>> {
            Box::pin(async move {
                let mut batch = Batch::default();
                for question in questions {
                    let refused = client.refused_here(question.key.reveal());
                    if refused.is_none() {
                        batch.requests.push(client.completed(question));
                    }
                    batch.refused.push(refused);
                }
                let answers = batch.ask(&client, client.bounded(given)).await?;
                batch.merged(answers, &client.credits())
            })
        })
    }

    /// How keys of another system begin.
    pub(crate) fn foreign_prefixes(&self) -> &[String] {
        &self.settings.foreign_prefixes
    }

    fn bounded(&self, mut given: Given) -> Given {
        given.timeout.get_or_insert(self.settings.timeout);
        given
    }

    /// A verdict that needs nobody to be asked: the key has no form that could be good.
    fn refused_here(&self, text: &str) -> Option<Verdict> {
        if text.starts_with("st_") {
            let message = "the session token is cut off or not one of ours";
            let refused = Verdict::refused("invalid_session", message);
            return (!session::looks_like_token(text)).then_some(refused);
        }
        let error = key::parse_key(text).err()?;
        let is_foreign = |prefix: &String| text.starts_with(prefix);
        let may_be_foreign = text.len() <= LONGEST_FOREIGN
            && is_visible(text)
            && self.foreign_prefixes().iter().any(is_foreign);
        (!may_be_foreign).then(|| Verdict::refused("malformed_key", error.message))
    }

    /// Fills in what the client knows. A question that may cost credits is given an idempotency
    /// key, so that it can be asked again without being charged again.
    fn completed(&self, mut question: Question) -> Question {
        let settings = &self.settings;
        question.product = question.product.or_else(|| settings.product.clone());
        if question.mode.is_none() {
            let own = || settings.environment.clone();
            question.environment = question.environment.or_else(own);
        }
        let is_operation = matches!(question.asked, Asked::Operation(_));
        if is_operation && question.idempotency_key.is_none() && self.api.max_retries > 0 {
            question.idempotency_key = idempotency_key();
        }
        question
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({:?})", self.api)
    }
}

/// Questions that are asked together, and those that need not be.
#[derive(Default, Serialize)]
struct Batch {
    requests: Vec<Question>,
    #[serde(skip)]
    refused: Vec<Option<Verdict>>,
}

#[derive(Deserialize)]
struct Results {
    results: Vec<VerifyAnswer>,
}

impl Batch {
    async fn ask(&self, client: &Client, given: Given) -> Result<Vec<VerifyAnswer>, crate::Error> {
        if self.requests.is_empty() {
            return Ok(Vec::new());
        }
        let operation = Operation::new(Method::POST, "/v1/keys/verify_batch", &[])
            .safe(self.requests.iter().all(Question::is_safe))
            .body(self);
        let answer = client.api.send::<Results>(&operation, &given).await?;
        let is_whole = answer.results.len() == self.requests.len();
        is_whole.then_some(answer.results).ok_or_else(no_verdict)
    }

    fn merged(
        self,
        answers: Vec<VerifyAnswer>,
        credits: &CreditsResource,
    ) -> Result<Vec<Verdict>, crate::Error> {
        let mut answers = answers.into_iter();
        let verdict = |refused: Option<Verdict>| match refused {
            Some(refused) => Ok(refused),
            None => Verdict::read(answers.next().ok_or_else(no_verdict)?, credits),
        };
        self.refused.into_iter().map(verdict).collect()
    }
}
