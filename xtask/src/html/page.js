// Hints and highlights; the page says everything without them. At the end it writes down what was drawn, for its test.
(function () {
  var root = document.documentElement, tip = document.getElementById("tip"), rule = document.createElement("style"), kept = null;
  document.head.appendChild(rule);
  function pick(engine) {
    rule.textContent = engine === null ? "" :
      "svg[data-chart] .e:not([data-e='" + engine + "']){opacity:.12}span.e[data-e='" + engine + "']{text-decoration:underline}";
  }
  function owner(node) {
    var mark = node.closest ? node.closest("[data-e]") : null;
    return mark ? mark.getAttribute("data-e") : null;
  }
  function hint(event) {
    var dot = event.target.closest ? event.target.closest("#trials .p,#trials .dropped") : null;
    var title = dot && dot.querySelector("title");
    tip.hidden = !title;
    if (!title) return;
    tip.textContent = title.textContent;
    var width = Math.min(440, window.innerWidth - 24);
    tip.style.maxWidth = width + "px";
    tip.style.left = Math.max(12, Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 12)) + "px";
    tip.style.top = Math.max(12, Math.min(event.clientY + 14, window.innerHeight - tip.offsetHeight - 12)) + "px";
  }
  document.addEventListener("pointerover", function (event) { if (kept === null) pick(owner(event.target)); hint(event); });
  document.addEventListener("click", function (event) {
    var engine = event.target.closest && event.target.closest("a") ? kept : owner(event.target);
    kept = engine === kept ? null : engine;
    pick(kept);
    hint(event);
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { kept = null; pick(null); tip.hidden = true; } });

  function visible(svg) {
    var box = svg.getBBox();
    return box.width > 0 && box.height > 0 && svg.getBoundingClientRect().width > 0;
  }
  function report() {
    var charts = document.querySelectorAll("[data-chart]"), drawn = 0;
    charts.forEach(function (chart) {
      var parts = chart.tagName === "svg" ? [chart] : Array.prototype.slice.call(chart.querySelectorAll("td.bar svg"));
      if (parts.length && parts.every(visible)) drawn += 1;
    });
    root.setAttribute("data-charts", charts.length);
    root.setAttribute("data-drawn", drawn);
    root.setAttribute("data-width", window.innerWidth);
    root.setAttribute("data-requests", performance.getEntriesByType("resource").length);
    if (root.scrollWidth > window.innerWidth) root.setAttribute("data-overflow", root.scrollWidth);
  }
  if (document.readyState === "complete") report(); else window.addEventListener("load", report);
})();
