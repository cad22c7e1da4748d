// What bkend consists of: a service in Go, and nginx before it with a port for each environment.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const gateway = join(here, "../../gateways/nginx");

export default {
  name: "bkend",
  ports: ["production", "staging", "dev", "service"],
  baseUrls: ({ production, staging, dev }) => ({
    "https://api.bkend.example": `http://127.0.0.1:${production}`,
    "https://staging.bkend.example": `http://127.0.0.1:${staging}`,
    "https://dev.bkend.example": `http://127.0.0.1:${dev}`,
  }),

  async start({ keystile, processes, ports, directory }) {
    const { organization, project, environments } = await keystile.customer("bkend", "Paperboat Labs", "Regatta");
    const keys = {
      publishable: await keystile.createKey(environments.production, "publishable", "Phone app"),
      secret: await keystile.createKey(environments.production, "secret", "Admin job"),
      stagingSecret: await keystile.createKey(environments.staging, "secret", "Admin job"),
      devPublishable: await keystile.createKey(environments.dev, "publishable", "Simulator"),
    };

    const service = join(directory, "bkend");
    execFileSync("go", ["build", "-o", service, "."], { cwd: here, stdio: "pipe" });
    await processes.serve("bkend", ports.service, service, [], { env: { ...process.env, ADDRESS: `127.0.0.1:${ports.service}` } });
    configure(directory, keystile, ports);
    await processes.serve("nginx", ports.production, "nginx", ["-p", directory, "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off; master_process off;"]);

    const address = (name) => `http://127.0.0.1:${ports[name]}`;
    const json = '-H "Content-Type: application/json"';
    return {
      organization: organization.id, project: project.id, environments, keys,
      open: { Production: address("production"), Staging: address("staging"), Dev: address("dev") },
      variables: { API: address("production"), STAGING: address("staging"), DEV: address("dev"), PUBLISHABLE: keys.publishable.value, SECRET: keys.secret.value, STAGING_SECRET: keys.stagingSecret.value },
      tries: [
        { what: "a server makes a table", status: 200, curl: `curl -i -X PUT "$API/v1/schema/boats" -H "X-API-Key: $SECRET" ${json} -d '{"columns": ["name"]}'` },
        { what: "the phone app signs a user in, and keeps the user's own token", status: 200, curl: `TOKEN=$(curl -s "$API/v1/auth/signin" -H "X-API-Key: $PUBLISHABLE" ${json} -d '{"email": "sailor@example.com"}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/'); curl -i "$API/v1/data/boats" -H "X-API-Key: $PUBLISHABLE" -H "Authorization: Bearer $TOKEN"` },
        { what: "which it may not change the schema with", status: 403, curl: `curl -i -X PUT "$API/v1/schema/boats" -H "X-API-Key: $PUBLISHABLE" ${json} -d '{"columns": []}'` },
        { what: "a key of staging is refused by production", status: 403, curl: 'curl -i "$API/v1/data/boats" -H "X-API-Key: $STAGING_SECRET"' },
      ],
    };
  },
};

/** The shipped configuration and the example's, with the addresses of this machine. */
function configure(directory, keystile, ports) {
  const files = [...readdirSync(gateway).filter((name) => /^keystile-.*\.conf$/.test(name)).map((name) => join(gateway, name)), join(here, "nginx.conf"), join(here, "bkend-server.conf")];
  const addresses = { "127.0.0.1:5397": new URL(keystile.url).host, "127.0.0.1:8080": `127.0.0.1:${ports.service}`, "127.0.0.1:8001": `127.0.0.1:${ports.production}`, "127.0.0.1:8002": `127.0.0.1:${ports.staging}`, "127.0.0.1:8003": `127.0.0.1:${ports.dev}` };
  for (const file of files) {
    const text = readFileSync(file, "utf8").replace(/127\.0\.0\.1:\d+/g, (address) => addresses[address] ?? address);
    writeFileSync(join(directory, file.split("/").at(-1)), text);
  }
}
