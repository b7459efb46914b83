// Added to a page by browser.py: waits for MathJax, looks at the page as laid out, and leaves a
// report (the fields of PageReport) in the DOM of the outermost document.

(() => {
  const missing = [];
  // Resource errors do not bubble, but they can be captured.
  addEventListener('error', (event) => {
    const address = event.target?.src ?? event.target?.href;
    missing.push(address ?? `${event.message} (${event.filename}:${event.lineno})`);
  }, true);

  const shorten = (text) => {
    const line = text.replace(/\s+/g, ' ').trim();
    return line.length > 120 ? `${line.slice(0, 120)}...` : line;
  };
  const describe = (element) =>
    `<${element.localName} class="${element.className?.baseVal ?? element.className}">`
    + ` ${shorten(element.textContent)}`;
  const all = (selector) => [...document.querySelectorAll(selector)];

  // TeX that a reader can see: delimiters, commands, scripts in braces; code may show what it likes.
  const TEX = /\\[()[\]]|\\[a-zA-Z]{2,}|[\^_]\{/;
  const NOT_PROSE = 'pre, code, kbd, samp, script, style, noscript, template, textarea, mjx-container';

  function rawTex() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const { parentElement, data } = walker.currentNode;
      if (TEX.test(data) && !parentElement.closest(NOT_PROSE)) found.push(`raw TeX: ${shorten(data)}`);
    }
    return found;
  }

  const clips = (element) => {
    for (let e = element; e && e !== document.body; e = e.parentElement) {
      if (getComputedStyle(e).overflowX !== 'visible' || getComputedStyle(e).position === 'fixed') {
        return true;
      }
    }
    return false;
  };

  function overflow() {
    const edge = document.documentElement.clientWidth;
    return all('body *')
      .filter((e) => e.getBoundingClientRect().right > edge + 1 && e.getBoundingClientRect().width > 0)
      .filter((e) => e.getBoundingClientRect().left < edge + 10_000)
      .filter((e) => !e.closest('mjx-assistive-mml') && !clips(e))
      .filter((e, _, those) => !those.includes(e.parentElement))
      .map((e) => `sticks out of the page: ${describe(e)}`);
  }

  // An inner formula can be wider than the nearest block around it, which then scrolls.
  function scrolled() {
    return all('mjx-container').flatMap((formula) => {
      let place = formula.parentElement;
      while (getComputedStyle(place).display.startsWith('inline') && place !== document.body) {
        place = place.parentElement;
      }
      const excess = Math.max(place.scrollWidth - place.clientWidth,
        formula.scrollWidth - formula.clientWidth);
      const words = formula.querySelector('mjx-assistive-mml')?.textContent ?? '';
      return place.clientWidth > 0 && formula.clientWidth > 0 && excess > 1
        ? [`${excess}px too wide: ${shorten(words)}`] : [];
    });
  }

  // MathJax paints a command that it does not know in red, without an mjx-merror.
  const RED = '[mathcolor="red"], [style*="color: red"]';

  function report() {
    return {
      title: document.title,
      math: all('.math').filter((e) => !e.parentElement.closest('.math')).length,
      typeset: all('mjx-container').filter((e) => !e.parentElement.closest('mjx-container')).length,
      errors: [
        ...all('mjx-merror').map((e) => `MathJax: ${
          e.dataset.mjxError ?? e.getAttribute('title') ?? e.textContent}`),
        ...all('mjx-container').filter((e) => e.querySelector(RED)).map((e) => {
          const named = e.querySelector('[mathcolor="red"]')?.textContent;
          return `MathJax: unknown command ${named || 'in red'}`;
        }),
      ],
      raw_tex: rawTex(),
      overflow: overflow(),
      scrolled: scrolled(),
      missing: missing.map((address) => `could not be loaded: ${address}`),
      width: document.documentElement.clientWidth,
      height: Math.max(document.documentElement.scrollHeight, document.body.scrollHeight),
    };
  }

  // The formulas stand in the page. MathJax's own promise is no help: version 4 keeps it open until
  // a worker has made up the speech for screen readers, for which the browser's clock does not wait.
  const INSERTED = 200;
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  async function typeset() {
    for (let tries = 0; window.MathJax && tries < 100; tries += 1) {
      if (window.MathJax.startup?.document?.state() >= INSERTED) break;
      await wait(100);
    }
  }

  async function leave() {
    let found;
    try {
      await typeset();
      await document.fonts.ready;
      await wait(100);
      found = report();
    } catch (error) {
      found = { failed: String(error) };
    }
    const outer = window.top.document;
    const script = outer.createElement('script');
    script.type = 'application/json';
    script.id = 'page-report';
    script.textContent = JSON.stringify(found).replaceAll('<', '\\u003c');
    outer.body.append(script);
  }
  addEventListener('load', leave);
})();
