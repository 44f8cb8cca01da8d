// Makes forms quicker where there is JavaScript; everything works without. A form marked `data-enhance` is sent in the
// background and the page that comes back takes the place of this one, so that nothing flickers and the place is kept.
"use strict";

(() => {
  const heard = document.createElement("p");
  heard.className = "sr";
  heard.setAttribute("aria-live", "polite");
  document.body.append(heard);

  const field = (form, button) => {
    const data = new FormData(form);
    if (button && button.name) data.set(button.name, button.value);
    return new URLSearchParams(data);
  };

  const show = (text, address) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const main = page.getElementById("main");
    if (!main) return false;
    document.title = page.title;
    document.body.className = page.body.className;
    for (const part of ["main", "header.top"]) {
      const [here, there] = [document.querySelector(part), page.querySelector(part)];
      if (here && there) here.replaceWith(there);
    }
    history.replaceState({ shown: true }, "");
    history.pushState({ shown: true }, "", address);
    const told = document.querySelector("#mistakes, .notice.said, .alone");
    (told || document.getElementById("main")).scrollIntoView({ block: "center" });
    document.getElementById("main").focus({ preventScroll: true });
    heard.textContent = told ? told.textContent.replace(/\s+/g, " ").trim() : page.title;
    return true;
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const button = event.submitter;
    if (form.dataset.busy) return event.preventDefault(); // a second tap while the first is under way
    if (!form.hasAttribute("data-enhance")) {
      form.dataset.busy = "yes";
      return undefined;
    }
    event.preventDefault();
    form.dataset.busy = "yes";
    if (button) button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: field(form, button),
        credentials: "same-origin",
        headers: { Accept: "text/html" },
      });
      if (!show(await answer.text(), answer.url)) location.assign(answer.url);
    } catch {
      delete form.dataset.busy;
      if (button) button.removeAttribute("aria-busy");
      tell(form, "This could not be sent: Gaitkeeper can't be reached. Nothing was recorded. Try again.");
    }
    return undefined;
  });

  const tell = (form, sentence) => {
    let notice = form.querySelector(".notice.mistake");
    if (!notice) {
      notice = document.createElement("p");
      notice.className = "notice mistake";
      notice.setAttribute("role", "alert");
      form.append(notice);
    }
    notice.textContent = sentence;
  };

  window.addEventListener("popstate", (event) => {
    if (event.state && event.state.shown) location.reload(); // a leap within the page has no such state
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // an old page may show another verdict, or somebody else's day
  });
})();
