// Which formulas do KaTeX and MathJax refuse?
//
// In:  a JSON list of LaTeX formulas, on standard input.
// Out: a JSON list of {index, formula, engine, message}, one for each refusal, on standard output.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** KaTeX refuses by throwing. `strict: ignore`: Greek letters and the like may stand as they are. */
function katexEngine() {
  const katex = require('katex');
  const options = { displayMode: true, throwOnError: true, strict: 'ignore' };
  return async (formula) => {
    try {
      katex.renderToString(formula, options);
      return null;
    } catch (error) {
      return error.message;
    }
  };
}

/** MathJax refuses by an <merror>; unknown commands too, once `noundefined` does not paint them red. */
async function mathjaxEngine(main) {
  delete globalThis.MathJax;
  const mathjax = await require(main).init({
    loader: { load: ['input/tex'] },
    tex: { packages: { '[-]': ['noundefined', 'noerrors'] } },
  });
  return async (formula) => {
    try {
      const mathml = await mathjax.tex2mmlPromise(formula, { display: true });
      return mathml.match(/<merror[^>]*data-mjx-error="([^"]*)"/)?.[1]
        ?? (mathml.includes('<merror') ? 'an merror without a message' : null);
    } catch (error) {
      return error.message;
    }
  };
}

// One engine after the other: each MathJax loads its extensions into the one global of that name.
const engines = [
  ['KaTeX', katexEngine],
  ['MathJax 3', () => mathjaxEngine('mathjax/es5/node-main.js')],
  ['MathJax 4', () => mathjaxEngine('mathjax4/node-main.cjs')],
];

const formulas = JSON.parse(readFileSync(0, 'utf8'));
const failures = [];
for (const [engine, start] of engines) {
  const refusal = await start();
  for (const [index, formula] of formulas.entries()) {
    const message = await refusal(formula);
    if (message !== null) failures.push({ index, formula, engine, message });
  }
}
failures.sort((a, b) => a.index - b.index);
process.stdout.write(JSON.stringify(failures), () => process.exit(0));
