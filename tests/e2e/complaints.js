// What is wrong with the page, as a list of sentences. Evaluated in the page by test_pages.py.
() => {
  const found = [];
  const words = (element) => `<${element.tagName.toLowerCase()}${element.id ? "#" + element.id : ""}> ${(element.textContent || "").trim().slice(0, 40)}`;
  const root = document.documentElement;
  if (root.scrollWidth > window.innerWidth) {
    const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1 && !e.closest(".scroll, pre, .top nav, .visually-hidden, textarea"));
    found.push(`scrolls sideways: ${root.scrollWidth} px, ${wide.slice(0, 3).map(words).join("; ")}`);
  }
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) found.push(`${headings} h1`);
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const label = field.labels?.[0]?.textContent.trim() || field.getAttribute("aria-label");
    if (!label) found.push(`no label: ${words(field)} ${field.name}`);
  }
  for (const button of document.querySelectorAll("button, a[href]")) {
    if (!button.textContent.trim() && !button.getAttribute("aria-label")) found.push(`no name: ${words(button)}`);
  }
  const seen = new Set();
  for (const { id } of document.querySelectorAll("[id]")) {
    if (seen.has(id)) found.push(`id twice: ${id}`);
    seen.add(id);
  }

  // Contrast as WCAG 2.2 has it (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
  const channels = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const [r, g, b, a = 1] = channels(getComputedStyle(e).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !element.closest(".visually-hidden, svg, :disabled");
  const pale = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const hasText = [...element.childNodes].some((n) => n.nodeType === 3 && n.nodeValue.trim());
    if (!hasText || !isShown(element)) continue;
    const style = getComputedStyle(element);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const [light, dark] = [luminance(channels(style.color).slice(0, 3)), luminance(background(element))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < (large ? 3 : 4.5)) pale.add(`contrast ${ratio.toFixed(2)}: ${words(element)}`);
  }
  return [...found, ...pale];
}
