// What Keepem consists of: its API, and the website of one organiser.
import { join } from "node:path";

const built = (file) => join(import.meta.dirname, "dist", file);

export default {
  name: "Keepem",
  ports: ["api", "site"],
  baseUrls: ({ api }) => ({ "https://api.keepem.example": `http://127.0.0.1:${api}` }),

  async start({ keystile, processes, ports }) {
    const { organization, project, environments } = await keystile.customer("keepem", "Riverside Concerts", "Quay stage");
    const { production } = environments;
    const [publishable] = production.keys;
    const secret = await keystile.createKey(production, "secret", "Website");
    const api = `http://127.0.0.1:${ports.api}`;
    const site = `http://localhost:${ports.site}`;
    // The key works on the organiser's page alone.
    await keystile.call("PATCH", `/v1/keys/${publishable.id}`, { allowed_origins: [site] });

    await processes.serve("Keepem's API", ports.api, process.execPath, [built("api.js")], {
      env: { ...process.env, PORT: ports.api, KEYSTILE_SERVER: keystile.url, KEYSTILE_KEY: await keystile.bound("keepem", "production") },
    });
    await processes.serve("the organiser's website", ports.site, process.execPath, [built("organiser.js")], {
      env: {
        ...process.env, PORT: ports.site, KEYSTILE_SERVER: keystile.url, KEEPEM_API: api,
        KEEPEM_PUBLISHABLE_KEY: publishable.value, KEEPEM_SECRET_KEY: secret.value,
      },
    });

    return {
      organization: organization.id, project: project.id,
      keys: { publishable: { id: publishable.id, name: publishable.name, value: publishable.value }, secret },
      open: { Page: `${site}/`, Backstage: `${site}/backstage`, Elsewhere: `http://127.0.0.1:${ports.site}/   (another origin: the player is refused)` },
      variables: { API: api, PUBLISHABLE: publishable.value, SECRET: secret.value },
      tries: [
        { what: "a server may create an event", status: 201, curl: `curl -i "$API/v1/events" -H "Authorization: Bearer $SECRET" -H "Content-Type: application/json" -d '{"name": "Autumn Fair"}'` },
        { what: "and list them", status: 200, curl: `curl -i "$API/v1/events" -H "Authorization: Bearer $SECRET"` },
        { what: "the key in the page may not, and is told which scope is missing", status: 403, curl: `curl -i "$API/v1/events" -H "Authorization: Bearer $PUBLISHABLE" -H "Origin: ${site}" -H "Content-Type: application/json" -d '{"name": "Mine now"}'` },
      ],
    };
  },
};
