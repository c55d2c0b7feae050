"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // The theme: what was chosen here before, else what the system has. It is set before the first
  // paint; storage may be forbidden.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const storage = {
    get() {
      try { return localStorage.getItem("wirebond-theme"); } catch { return null; }
    },
    set(theme) {
      try { localStorage.setItem("wirebond-theme", theme); } catch { /* It is for this visit, then. */ }
    },
  };
  let chosen = storage.get();
  const isDark = () => (chosen ? chosen === "dark" : dark.matches);
  const showTheme = () => {
    root.dataset.theme = isDark() ? "dark" : "light";
    document.getElementById("theme")?.setAttribute("aria-pressed", String(isDark()));
  };
  showTheme();
  dark.addEventListener("change", showTheme);

  const start = () => {
    const byId = (id) => document.getElementById(id);
    const [search, found, contents, menu] = ["search", "found", "contents", "menu"].map(byId);

    showTheme();
    byId("theme").addEventListener("click", () => {
      chosen = isDark() ? "light" : "dark";
      storage.set(chosen);
      showTheme();
    });

    const openMenu = (open) => {
      contents.classList.toggle("open", open);
      menu.setAttribute("aria-expanded", String(open));
    };
    menu.addEventListener("click", () => openMenu(!contents.classList.contains("open")));
    contents.addEventListener("click", (event) => {
      if (event.target.closest("a")) openMenu(false);
    });

    // The search: an entry stays if its text has every word.
    const items = new Map(
      [...contents.querySelectorAll("li[data-for]")].map((item) => [item.dataset.for, item]),
    );
    const entries = [...document.querySelectorAll("article.entry")].map((element) => ({
      element,
      item: items.get(element.id),
      text: element.textContent.toLowerCase(),
    }));
    const lists = [...document.querySelectorAll("main section.list")];
    const groups = [...contents.querySelectorAll("ul")];
    const marks = globalThis.Highlight && CSS.highlights;

    const highlight = (words) => {
      if (!marks) return;
      const ranges = [];
      for (const { element } of words.length > 0 ? entries : []) {
        if (element.hidden) continue;
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const text = node.data.toLowerCase();
          // A letter whose lower case is longer would shift what follows.
          if (text.length !== node.data.length) continue;
          for (const word of words) {
            for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
              const range = new Range();
              range.setStart(node, at);
              range.setEnd(node, at + word.length);
              ranges.push(range);
            }
          }
        }
      }
      marks.set("found", new Highlight(...ranges.slice(0, 5000)));
    };

    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { element, item, text } of entries) {
        const isFound = words.every((word) => text.includes(word));
        element.hidden = !isFound;
        if (item) item.hidden = !isFound;
        if (isFound) shown += 1;
      }
      for (const list of lists) list.hidden = !list.querySelector("article.entry:not([hidden])");
      for (const group of groups) {
        const isEmpty = !group.querySelector("li:not([hidden])");
        group.hidden = isEmpty;
        group.previousElementSibling.hidden = isEmpty;
        group.previousElementSibling.classList.remove("first");
      }
      contents.querySelector(".group:not([hidden])")?.classList.add("first");
      const isSearching = words.length > 0;
      byId("content").classList.toggle("searching", isSearching);
      byId("empty").hidden = shown > 0 || !isSearching;
      found.textContent = isSearching
        ? `${shown} of ${entries.length} messages and types match`
        : "";
      highlight(words);
    };
    const clear = () => {
      search.value = "";
      filter();
    };
    search.addEventListener("input", () => {
      filter();
      scrollTo({ top: 0, behavior: "instant" });
    });
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        if (search.value) clear();
        else search.blur();
      }
    });
    // Enter goes to the first that was found.
    byId("find").addEventListener("submit", (event) => {
      event.preventDefault();
      const first = entries.find(({ element }) => !element.hidden);
      if (search.value && first) first.element.querySelector("h3 a").focus();
    });
    addEventListener("keydown", (event) => {
      const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
      if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        search.focus();
        search.select();
      } else if (event.key === "Escape" && contents.classList.contains("open")) {
        openMenu(false);
        menu.focus();
      }
    });

    // A link may lead to what the search has hidden. Places are written in letters that need no
    // decoding; a hash that is none of ours leads nowhere.
    const hiddenTarget = (hash) => {
      const target = byId(hash.slice(1));
      return target?.closest("[hidden]") ? target : null;
    };
    addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href^='#']");
      if (link && hiddenTarget(link.hash)) clear();
    });
    addEventListener("hashchange", () => {
      const target = hiddenTarget(location.hash);
      if (!target) return;
      clear();
      target.scrollIntoView();
    });

    // Contents tell where one is.
    const seen = new Set();
    let current;
    const observer = new IntersectionObserver(
      (changes) => {
        for (const { target, isIntersecting } of changes) {
          if (isIntersecting) seen.add(target);
          else seen.delete(target);
        }
        const first = entries.find(({ element }) => seen.has(element))?.item?.firstElementChild;
        if (first === current) return;
        current?.removeAttribute("aria-current");
        first?.setAttribute("aria-current", "location");
        current = first;
      },
      { rootMargin: "-140px 0px -55% 0px" },
    );
    for (const { element } of entries) observer.observe(element);

    // Examples can be copied, where the browser lets us.
    for (const example of navigator.clipboard ? document.querySelectorAll(".example") : []) {
      const button = document.createElement("button");
      const name = example.closest("article").querySelector("h3").textContent.trim();
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", `Copy the example of ${name}`);
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(example.querySelector("pre").textContent);
          button.textContent = "Copied";
        } catch {
          button.textContent = "Not allowed";
        }
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      });
      example.querySelector("h4").after(button);
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
