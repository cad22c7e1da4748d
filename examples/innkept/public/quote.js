// Innkept's widget: a form that asks for a quote with the visitor's session.
(window.Keystile ??= []).push((keystile) => {
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  const call = async (embed, path, init) => {
    const reply = await embed.fetch(path, init);
    const json = await reply.json();
    if (!reply.ok) throw new Error(`${reply.status} ${json.code ?? json.detail}`);
    return json;
  };

  keystile.register("quote", {
    async mount(element, embed) {
      const { destinations, currency } = await call(embed, "/v1/widget/config");
      const money = (amount) => new Intl.NumberFormat("en", { style: "currency", currency }).format(amount);
      const house = make("select", { name: "destination" }, ...destinations.map(({ id, name, nightly }) => make("option", { value: id }, `${name}, ${money(nightly)} a night`)));
      const nights = make("input", { name: "nights", type: "number", min: 1, max: 60, value: 3, required: true });
      const email = make("input", { name: "email", type: "email", required: true, autocomplete: "email" });
      const answer = make("p", { role: "status" });
      const form = make("form", { className: "innkept" },
        make("label", {}, "House ", house), make("label", {}, "Nights ", nights), make("label", {}, "Your email ", email), make("button", {}, "Get a quote"), answer);

      form.addEventListener("submit", async (submitted) => {
        submitted.preventDefault();
        answer.textContent = "…";
        try {
          const lead = { destination: house.value, nights: nights.valueAsNumber, email: email.value };
          const { total } = await call(embed, "/v1/leads", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(lead) });
          answer.textContent = `Your stay: ${money(total)}. We will write to ${email.value}.`;
        } catch (error) {
          answer.textContent = `That did not work: ${error.message}`;
        }
      });
      const style = make("link", { rel: "stylesheet", href: new URL("quote.css", embed.script.src).href });
      element.replaceChildren(style, form);
    },
    unmount(element) {
      element.replaceChildren();
    },
  });
});
