// The page of one study: its name is that of the folder in which it lies.
"use strict";

(async () => {
  const folders = decodeURIComponent(location.pathname).split("/").filter(Boolean);
  const name = folders[folders.length - 2] ?? "study";
  const root = document.getElementById("study");
  try {
    const {identity} = await mtinet.load("page/findings.js");
    await new mtinet.StudyView(root, {name, base: "page/", marks: new mtinet.Marks(identity)}).open();
  } catch (error) {
    root.textContent = error.message;
  }
})();
