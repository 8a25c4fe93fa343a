// The host in miniature: four bars. The words beside them say the same, for those who do not see bars.

const NAMES = { cpu: "processor", memory: "memory", disk: "disk", net: "network" };
const bars = {};

/** Show the gauges of an overview; what the server does not tell is left out. */
export function showGauges(gauges) {
  const list = document.getElementById("gauges");
  for (const [key, name] of Object.entries(NAMES)) {
    if (!bars[key]) {
      const label = Object.assign(document.createElement("dt"), { textContent: name });
      const bar = Object.assign(document.createElement("dd"), { className: "bar" }), fill = document.createElement("i");
      const amount = Object.assign(document.createElement("dd"), { className: "amount" });
      bar.append(fill);
      bar.style.setProperty("--of", "var(--ice)");
      list.append(label, bar, amount);
      bars[key] = { all: [label, bar, amount], bar, fill, amount };
    }
    const { all, bar, fill, amount } = bars[key], share = gauges[key];
    for (const part of all) part.hidden = share === null;
    if (share === null) continue;
    fill.style.width = `${100 * share}%`;
    bar.style.setProperty("--of", share > 0.9 ? "var(--amber)" : "var(--ice)");
    amount.textContent = `${Math.round(100 * share)} %`;
  }
}
