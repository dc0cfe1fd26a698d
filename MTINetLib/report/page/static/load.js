// Data for a page lies in scripts, for a page opened without a server may read nothing else.
"use strict";

window.mtinet = {};

(() => {
  let taken;

  /** Called by every script that holds data. */
  window.mtinetTake = value => { taken = value; };

  /** The value that a script of data hands over. */
  mtinet.load = url => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => {
      const value = taken;
      taken = undefined;
      script.remove();
      if (value === undefined) reject(new Error(`${url} is damaged: write the results again.`));
      else resolve(value);
    };
    script.onerror = () => {
      script.remove();
      reject(new Error(`${url} is missing: copy the folder of results as a whole, or write them again.`));
    };
    document.head.append(script);
  });

  /** Bytes of letters of base 64. */
  mtinet.bytes = letters => Uint8Array.from(atob(letters), letter => letter.charCodeAt(0));

  /** Bytes that gzip has packed. */
  mtinet.unpacked = async packed => {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  };

  /** An element with attributes (handlers as on..., others as they are) and children; null ones are left out. */
  mtinet.element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === null || value === false) continue;
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat(Infinity).filter(child => child !== null));
    return made;
  };
})();
