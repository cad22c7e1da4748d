// What Innkept consists of: its API for each environment, its CDN, and the website of one hotel.
import { join } from "node:path";

const built = (file) => join(import.meta.dirname, "dist", file);

export default {
  name: "Innkept",
  ports: ["api", "staging", "cdn", "site"],
  baseUrls: ({ api, staging }) => ({
    "https://api.innkept.example": `http://127.0.0.1:${api}`,
    "https://api.staging.innkept.example": `http://127.0.0.1:${staging}`,
  }),

  async start({ keystile, processes, ports }) {
    const { organization, project, environments } = await keystile.customer("innkept", "Hotel Lindenhof");
    const address = { api: `http://127.0.0.1:${ports.api}`, staging: `http://127.0.0.1:${ports.staging}`, cdn: `http://127.0.0.1:${ports.cdn}` };
    const site = `http://localhost:${ports.site}`;
    const keys = {
      publishable: await keystile.createKey(environments.production, "publishable", "Website", { allowed_origins: [site] }),
      secret: await keystile.createKey(environments.production, "secret", "Front desk"),
    };

    const serve = (name, port, file, env) =>
      processes.serve(name, ports[port], process.execPath, [built(file)], { env: { ...process.env, PORT: ports[port], KEYSTILE_SERVER: keystile.url, ...env } });
    await serve("Innkept's API", "api", "api.js", { KEYSTILE_KEY: await keystile.bound("innkept", "production") });
    // A hosted installation has production alone.
    if (environments.staging) {
      keys.testPublishable = await keystile.createKey(environments.staging, "publishable", "Website");
      keys.testSecret = await keystile.createKey(environments.staging, "secret", "Front desk");
      await serve("Innkept's staging API", "staging", "api.js", { KEYSTILE_KEY: await keystile.bound("innkept", "staging") });
    }
    await serve("Innkept's CDN", "cdn", "cdn.js", {});
    await serve("the hotel's website", "site", "hotel.js", {
      INNKEPT_CDN: address.cdn, INNKEPT_API: address.api, INNKEPT_PUBLISHABLE_KEY: keys.publishable.value, INNKEPT_SECRET_KEY: keys.secret.value,
    });

    return {
      organization: organization.id, project: project.id, environments, keys,
      open: { Page: `${site}/`, Desk: `${site}/desk`, Elsewhere: `http://127.0.0.1:${ports.site}/   (another origin: no widget)` },
      variables: { API: address.api, STAGING: address.staging, PUBLISHABLE: keys.publishable.value, SECRET: keys.secret.value, TEST_SECRET: keys.testSecret?.value },
      tries: [
        { what: "the hotel's server reads its leads", status: 200, curl: 'curl -i "$API/v1/leads" -H "Authorization: Bearer $SECRET"' },
        { what: "the key in the page may not", status: 403, curl: `curl -i "$API/v1/leads" -H "Authorization: Bearer $PUBLISHABLE" -H "Origin: ${site}"` },
        { what: "nor may it ask for quotes on another page", status: 403, curl: 'curl -i "$API/v1/widget/config" -H "Authorization: Bearer $PUBLISHABLE" -H "Origin: https://elsewhere.example"' },
        { what: "staging takes test keys", status: 200, curl: 'curl -i "$STAGING/v1/leads" -H "Authorization: Bearer $TEST_SECRET"' },
        { what: "which production refuses", status: 403, curl: 'curl -i "$API/v1/leads" -H "Authorization: Bearer $TEST_SECRET"' },
      ],
    };
  },
};
