(() => {
  'use strict';
  const bar = document.getElementById('filter');
  const search = bar.querySelector('input[type=search]');
  const boxes = [...bar.querySelectorAll('input[type=checkbox]')];
  const items = [...document.querySelectorAll('[data-kind]')].map((node) => ({ node, text: node.textContent.toLowerCase() }));
  const groups = [...document.querySelectorAll('[data-group]')];
  const nothing = document.getElementById('nothing');
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const { node, text } of items) {
      const fits = kinds.has(node.dataset.kind) && words.every((word) => text.includes(word));
      node.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector('[data-kind]:not([hidden])');
      if (group.tagName === 'DETAILS' && words.length > 0) group.open = true;
    }
    nothing.hidden = shown > 0 || items.length === 0;
  };
  // A kind that nothing has needs no box.
  for (const box of boxes) {
    box.parentElement.hidden = !items.some(({ node }) => node.dataset.kind === box.value);
  }
  bar.hidden = items.length === 0;
  bar.addEventListener('input', apply);
  bar.addEventListener('submit', (event) => event.preventDefault());
  const unfold = document.getElementById('unfold');
  unfold.addEventListener('click', () => {
    const open = unfold.textContent === 'Unfold all';
    for (const details of document.querySelectorAll('details')) details.open = open;
    unfold.textContent = open ? 'Fold all' : 'Unfold all';
  });
  // What a link leads to may be folded or filtered away.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest('[hidden]')) {
      search.value = '';
      for (const box of boxes) box.checked = true;
      apply();
    }
    for (let node = target; node; node = node.parentElement) if (node.tagName === 'DETAILS') node.open = true;
    target.scrollIntoView();
  };
  window.addEventListener('hashchange', reveal);
  if (location.hash) reveal();
  if (navigator.clipboard) {
    for (const pre of document.querySelectorAll('pre.copy')) {
      const text = pre.textContent;
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = 'Copy';
      button.addEventListener('click', async () => {
        await navigator.clipboard.writeText(text);
        button.textContent = 'Copied';
      });
      pre.prepend(button);
    }
  }
})();
