// What Datakeen consists of: two APIs in two environments, each at an address of its own.
import { join } from "node:path";

const here = import.meta.dirname;
const APIS = ["journeys", "documents"];

export default {
  name: "Datakeen",
  ports: ["journeys", "documents", "testJourneys", "testDocuments"],
  baseUrls: ({ journeys, documents, testJourneys, testDocuments }) => ({
    "https://journeys.datakeen.example/api": `http://127.0.0.1:${journeys}/api`,
    "https://documents.datakeen.example/api": `http://127.0.0.1:${documents}/api`,
    "https://journeys.test.datakeen.example/api": `http://127.0.0.1:${testJourneys}/api`,
    "https://documents.test.datakeen.example/api": `http://127.0.0.1:${testDocuments}/api`,
  }),

  async start({ keystile, processes, ports }) {
    const { organization, project, environments } = await keystile.customer("datakeen", "Northbank Credit");
    await keystile.call("POST", `/v1/organizations/${organization.id}/grants`, { mode: "live", amount: 5, reason: "first invoice" });
    const operatorKeys = { production: await keystile.bound("datakeen", "production"), test: await keystile.bound("datakeen", "test") };
    const serve = (environment, api, port) =>
      processes.serve(`Datakeen's ${api} API (${environment})`, port, join(here, ".venv/bin/python"), ["-m", "uvicorn", `${api}:app`, "--host", "127.0.0.1", "--port", String(port), "--log-level", "warning"], {
        cwd: here,
        env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", KEYSTILE_SERVER: keystile.url, KEYSTILE_KEY: operatorKeys[environment] },
      });
    await Promise.all(APIS.flatMap((api) => [serve("production", api, ports[api]), serve("test", api, ports[`test${api[0].toUpperCase()}${api.slice(1)}`])]));

    const key = (environment, kind) => {
      const { id, name, value, secret } = environments[environment].keys.find((one) => one.kind === kind);
      return { id, name, value: secret ?? value };
    };
    const keys = { public: key("production", "publishable"), secret: key("production", "secret"), testPublic: key("test", "publishable"), testSecret: key("test", "secret") };
    const address = (port) => `http://127.0.0.1:${ports[port]}/api`;
    const analysis = `-H "Content-Type: application/json" -d '{"name": "invoice.txt", "text": "Total 120.00 EUR"}'`;
    return {
      organization: organization.id, project: project.id, environments, keys,
      open: { Production: `${address("journeys")}  ${address("documents")}`, Test: `${address("testJourneys")}  ${address("testDocuments")}` },
      variables: {
        JOURNEYS: address("journeys"), DOCUMENTS: address("documents"), TEST_JOURNEYS: address("testJourneys"), TEST_DOCUMENTS: address("testDocuments"),
        SECRET: keys.secret.value, TEST_SECRET: keys.testSecret.value, TEST_PUBLIC: keys.testPublic.value,
      },
      tries: [
        { what: "an analysis costs one of the 20 test credits", status: 201, curl: `curl -i "$TEST_DOCUMENTS/v1/analyses" -H "Authorization: Bearer $TEST_SECRET" ${analysis}` },
        { what: "sent twice with one Idempotency-Key, it costs one credit and has one answer", status: 201, curl: `for again in 1 2; do curl -i "$TEST_DOCUMENTS/v1/analyses" -H "Authorization: Bearer $TEST_SECRET" -H "Idempotency-Key: invoice-17" ${analysis}; echo; done` },
        { what: "one that fails costs nothing", status: 422, curl: `curl -i "$TEST_DOCUMENTS/v1/analyses" -H "Authorization: Bearer $TEST_SECRET" -H "Content-Type: application/json" -d '{"name": "blank.txt", "text": "..."}'` },
        { what: "a journey is free", status: 201, curl: 'curl -i -X POST "$JOURNEYS/v1/journeys" -H "Authorization: Bearer $SECRET"' },
        { what: "a test key is refused by production", status: 403, curl: 'curl -i -X POST "$JOURNEYS/v1/journeys" -H "Authorization: Bearer $TEST_SECRET"' },
        { what: "the public key tells the workspace, and no more", status: 200, curl: 'curl -i "$TEST_JOURNEYS/v1/workspace" -H "Authorization: Bearer $TEST_PUBLIC"' },
      ],
    };
  },
};
