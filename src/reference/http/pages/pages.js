// Makes the pages more convenient; each of them works without. Nothing is fetched from elsewhere.
"use strict";
(() => {
  // Shows a page with a form as a dialog over the present one. The form is sent as it would be from its page.
  const openDialog = async (link) => {
    let answer;
    try {
      answer = await fetch(link.href, { credentials: "same-origin" });
    } catch {
      location.assign(link.href);
      return;
    }
    const there = new DOMParser().parseFromString(await answer.text(), "text/html");
    const content = there.querySelector("[data-dialog-content]");
    if (!answer.ok || !content) {
      location.assign(link.href);
      return;
    }
    const dialog = document.createElement("dialog");
    const heading = document.createElement("h2");
    heading.id = "dialog-heading";
    heading.textContent = there.querySelector("h1").textContent;
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.append(heading, document.importNode(content, true));
    document.body.append(dialog);
    const menu = link.closest("details.menu");
    if (menu) menu.open = false;
    dialog.addEventListener("close", () => {
      dialog.remove();
      (menu ? menu.querySelector("summary") : link).focus();
    });
    enhance(dialog);
    dialog.showModal();
    const first = dialog.querySelector("[autofocus], input:not([type=hidden]), select, button, a");
    if (first) first.focus();
  };

  // Of several groups of fields only the one shows that the choice needs.
  const showChosen = (form) => {
    const choices = form.querySelectorAll("input[data-shows]");
    if (choices.length === 0) return;
    const update = () => {
      const chosen = form.querySelector("input[data-shows]:checked");
      for (const part of form.querySelectorAll("[data-shown-by]")) {
        part.hidden = !chosen || part.id !== chosen.dataset.shows;
      }
    };
    for (const choice of choices) choice.addEventListener("change", update);
    update();
  };

  // Copies a field's value; where the browser forbids that, the value is selected for copying by hand.
  const copies = (button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy);
      field.select();
      let told = "Selected; press Ctrl+C to copy";
      try {
        await navigator.clipboard.writeText(field.value);
        told = "Copied";
      } catch {
        // It stays selected.
      }
      const status = document.querySelector("[data-copied]");
      if (status) status.textContent = told;
      const before = button.innerHTML;
      button.textContent = told === "Copied" ? "Copied" : "Selected";
      setTimeout(() => { button.innerHTML = before; }, 1500);
    });
  };

  // Rules can be dragged to another priority; the buttons do the same.
  const sortable = (list) => {
    let dragged = null;
    for (const item of list.children) {
      item.draggable = true;
      item.addEventListener("dragstart", (event) => {
        dragged = item;
        item.classList.add("dragged");
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", item.dataset.rule);
      });
      item.addEventListener("dragend", () => {
        for (const other of list.children) other.classList.remove("dragged", "target");
        dragged = null;
      });
      item.addEventListener("dragover", (event) => {
        if (!dragged) return;
        event.preventDefault();
        for (const other of list.children) other.classList.toggle("target", other === item && other !== dragged);
      });
      item.addEventListener("drop", (event) => {
        if (!dragged || dragged === item) return;
        event.preventDefault();
        const all = [...list.children];
        if (all.indexOf(dragged) < all.indexOf(item)) item.after(dragged);
        else item.before(dragged);
        const form = document.getElementById(list.dataset.sort);
        for (const rule of list.children) {
          const field = document.createElement("input");
          field.type = "hidden";
          field.name = "ruleIds";
          field.value = rule.dataset.rule;
          form.append(field);
        }
        form.submit();
      });
    }
  };

  // Of a long list of boxes only those show that hold the text.
  const filters = (field) => {
    field.parentElement.hidden = false;
    const boxes = document.querySelectorAll(`${field.dataset.filter} label`);
    field.addEventListener("input", () => {
      const text = field.value.toLowerCase();
      for (const box of boxes) box.hidden = !box.textContent.toLowerCase().includes(text);
    });
  };

  const enhance = (root) => {
    for (const link of root.querySelectorAll("a[data-dialog]")) {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        openDialog(link);
      });
    }
    if (root.matches("dialog")) {
      for (const link of root.querySelectorAll("[data-close]")) {
        link.addEventListener("click", (event) => {
          event.preventDefault();
          root.close();
        });
      }
    }
    for (const form of root.querySelectorAll("form")) showChosen(form);
    for (const button of root.querySelectorAll("button[data-copy]")) copies(button);
    for (const list of root.querySelectorAll("[data-sort]")) sortable(list);
    for (const field of root.querySelectorAll("input[data-filter]")) filters(field);
  };
  enhance(document.documentElement);

  // Where the navigation is a row, the present page is in sight.
  const here = document.querySelector(".sections [aria-current]");
  if (here) {
    const row = here.closest(".sections");
    row.scrollLeft += here.getBoundingClientRect().left - row.getBoundingClientRect().left - 16;
  }

  // A page that watches asks again while nobody reads in it.
  const watching = document.querySelector("[data-watch]");
  if (watching) {
    setInterval(async () => {
      if (document.hidden || watching.contains(document.activeElement) || watching.querySelector("details[open]")) return;
      try {
        // It tells that nobody asked, so that a page left open does not keep a session alive.
        const answer = await fetch(location.href, { credentials: "same-origin", headers: { "X-Watching": "1" } });
        if (answer.redirected) location.reload();
        if (!answer.ok || answer.redirected) return;
        const there = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = there.querySelector("[data-watch]");
        if (fresh && fresh.innerHTML !== watching.innerHTML) watching.replaceChildren(...fresh.childNodes);
      } catch {
        // The next time.
      }
    }, 2000);
  }
})();
