"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const faces = [...document.querySelectorAll(".legend .face")].map((image) => image.src);

function element(kind, className, text) {
  const made = document.createElement(kind);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  const minutes = Math.floor(tenths / 600);
  const two = (number) => String(number).padStart(2, "0");
  const head = minutes < 60 ? String(minutes) : `${Math.floor(minutes / 60)}:${two(minutes % 60)}`;
  return `${head}:${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
}

// The mix at a time, likeliest first; null where the face was away.
function mixAt(lane, time) {
  for (const piece of lane.pieces) {
    if (time < piece.begin || time > piece.end) continue;
    const after = piece.times.findIndex((at) => at >= time);
    const last = after < 0 ? piece.times.length - 1 : after;
    const first = Math.max(0, last - 1);
    const near = time - piece.times[first] < piece.times[last] - time ? first : last;
    return piece.shares[near]
      .map((share, k) => ({ k, share }))
      .filter((part) => part.share >= 1)
      .sort((a, b) => b.share - a.share)
      .slice(0, 4);
  }
  return null;
}

function words(time, parts) {
  if (!parts) return `${clock(time)}, away`;
  return `${clock(time)}, ${parts.map((part) => `${data.labels[part.k]} ${part.share} %`).join(", ")}`;
}

for (const recording of data.recordings) {
  const plots = recording.lanes.map((lane) => document.getElementById(lane.id));
  const length = recording.end - recording.begin;
  const cursors = plots.map((plot) => {
    const cursor = element("div", "cursor");
    cursor.hidden = true;
    plot.append(cursor);
    return cursor;
  });

  recording.lanes.forEach((lane, number) => {
    const plot = plots[number];
    const tip = element("div", "tip");
    tip.hidden = true;
    plot.append(tip);
    let now = recording.begin;

    function show(time) {
      now = Math.min(Math.max(time, recording.begin), recording.last);
      const share = (now - recording.begin) / length;
      for (const cursor of cursors) {
        cursor.style.left = `${100 * share}%`;
        cursor.hidden = false;
      }
      const parts = mixAt(lane, now);
      tip.replaceChildren(element("b", "", `${lane.name}  ${clock(now)}`));
      if (!parts) tip.append(element("span", "", "away"));
      for (const part of parts || []) {
        const row = element("div");
        const face = element("img", "face");
        const bar = element("span", "bar");
        const filled = element("i");
        face.src = faces[part.k];
        face.alt = "";
        filled.style.width = `${part.share}%`;
        filled.style.background = data.colours[part.k];
        bar.append(filled);
        row.append(face, element("span", "", data.labels[part.k]), bar, element("span", "", `${part.share} %`));
        tip.append(row);
      }
      tip.hidden = false;
      const room = plot.clientWidth - tip.offsetWidth;
      tip.style.left = `${Math.max(0, Math.min(room, share * plot.clientWidth - tip.offsetWidth / 2))}px`;
      plot.setAttribute("aria-valuenow", now.toFixed(2));
      plot.setAttribute("aria-valuetext", words(now, parts));
    }

    function hide() {
      tip.hidden = true;
      for (const cursor of cursors) cursor.hidden = true;
    }

    function point(event) {
      const box = plot.getBoundingClientRect();
      show(recording.begin + ((event.clientX - box.left) / box.width) * length);
    }

    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("focus", () => plot.matches(":focus-visible") && show(now));
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const step = length / (event.shiftKey ? 20 : 100);
      const next = lane.events.find((time) => time > now + 1e-3);
      const previous = lane.events.findLast((time) => time < now - 1e-3);
      const target = {
        ArrowRight: now + step,
        ArrowUp: now + step,
        ArrowLeft: now - step,
        ArrowDown: now - step,
        Home: recording.begin,
        End: recording.last,
        PageDown: next ?? recording.last,
        PageUp: previous ?? recording.begin,
      }[event.key];
      if (event.key === "Escape") hide();
      if (target === undefined) return;
      event.preventDefault();
      show(target);
    });
  });
}
