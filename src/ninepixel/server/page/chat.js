// What is said in view. The page listens; it does not speak.

const KEPT = 60;
const $ = (id) => document.getElementById(id);

/** Somebody said something: texts only ever become text. */
export function heard(name, text) {
  const list = $("heard"), line = document.createElement("li"), who = document.createElement("b");
  const low = list.scrollHeight - list.scrollTop - list.clientHeight < 24; // who has scrolled up reads on in peace
  who.textContent = name || "somebody";
  line.append(who, text);
  list.append(line);
  while (list.children.length > KEPT) list.firstChild.remove();
  $("nothing-heard").hidden = true;
  if (low) list.scrollTop = list.scrollHeight;
}

/** Whether words may be passed on here. */
export function allow(allowed) {
  $("chat").hidden = $("chat-tab").hidden = !allowed;
}
