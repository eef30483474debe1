// Everything on the page can be read without this script; it adds filter boxes, copy buttons and open/close buttons.
(function () {
  "use strict";
  document.documentElement.classList.add("has-script");

  document.querySelectorAll("input[data-filters]").forEach(function (input) {
    var scope = document.getElementById(input.dataset.filters);
    var rows = Array.prototype.map.call(scope.querySelectorAll("[data-row]"), function (row) {
      return { row: row, text: row.textContent.toLowerCase() };
    });
    var told = scope.querySelector("output");
    function apply() {
      var words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      var shown = 0;
      rows.forEach(function (entry) {
        var matches = words.every(function (word) { return entry.text.indexOf(word) !== -1; });
        entry.row.hidden = !matches;
        if (matches) { shown += 1; }
      });
      scope.querySelectorAll("[data-group]").forEach(function (group) {
        group.hidden = words.length > 0 && !group.querySelector("[data-row]:not([hidden])");
      });
      told.textContent = words.length ? shown + " of " + rows.length + " match" : "";
    }
    input.addEventListener("input", apply);
    apply();
  });

  document.querySelectorAll("button[data-opens]").forEach(function (button) {
    button.addEventListener("click", function () {
      var all = Array.prototype.slice.call(
        document.getElementById(button.dataset.opens).querySelectorAll("details[data-row]:not([hidden])"));
      var open = all.some(function (details) { return !details.open; });
      all.forEach(function (details) { details.open = open; });
    });
  });

  document.querySelectorAll("button[data-copies]").forEach(function (button) {
    var source = document.getElementById(button.dataset.copies);
    function say(text) {
      button.textContent = text;
      setTimeout(function () { button.textContent = "Copy"; }, 2000);
    }
    function byHand() {
      var range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      say(document.execCommand("copy") ? "Copied" : "Selected: press Ctrl+C");
    }
    button.addEventListener("click", function () {
      if (!navigator.clipboard) { byHand(); return; }
      navigator.clipboard.writeText(source.textContent).then(function () { say("Copied"); }, byHand);
    });
  });

  function follow() {
    var target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView(); }
  }
  addEventListener("hashchange", follow);
  follow();

  addEventListener("beforeprint", function () {
    document.querySelectorAll("details.finding").forEach(function (details) { details.open = true; });
  });
})();
