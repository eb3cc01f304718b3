// A place for files: dropped on it, or chosen.

/** take: called with the files. */
export function dropPlace(place, input, choose, take) {
  choose.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = [...input.files];
    // the same file can be chosen again
    input.value = "";
    if (files.length) take(files);
  });
  for (const kind of ["dragenter", "dragover"]) place.addEventListener(kind, () => place.classList.add("over"));
  for (const kind of ["dragleave", "drop"]) {
    place.addEventListener(kind, (event) => {
      if (kind === "drop" || !place.contains(event.relatedTarget)) place.classList.remove("over");
    });
  }
  place.addEventListener("drop", (event) => {
    const files = [...event.dataTransfer.files];
    if (files.length) take(files);
  });
}
