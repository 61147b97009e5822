// What the plots of a report show where the pointer or the keyboard is, and how smooth their lines are. Without it the pictures stand as they are.
"use strict";

(() => {
  const SPACE = "http://www.w3.org/2000/svg";
  // Half-lives that the slider offers, in steps.
  const OFFERED = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
  // How near to the cursor a point must be to be shown, in units of the picture.
  const NEAR = 8;

  const shown = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(5))) : "-");

  const drawn = (name, attributes) => {
    const element = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  // The mean of all values so far, each of which counts half as much for every half-life that it lies back: as LineChart draws it.
  const smoothed = (points, halfLife) => {
    let sum = 0;
    let weight = 0;
    let last = null;
    return points.map(({ x, y }) => {
      const decay = last === null ? 0 : 0.5 ** (Math.max(0, x - last) / halfLife);
      sum = sum * decay + y;
      weight = weight * decay + 1;
      last = x;
      return { x, y: sum / weight };
    });
  };

  class Series {
    constructor(group, plot) {
      this.group = group;
      this.plot = plot;
      this.name = group.dataset.name;
      this.runs = group.dataset.points.split("|").map((run) =>
        run.split(";").map((pair) => {
          const [x, y] = pair.split(",").map(Number);
          return { x, y };
        }));
      this.points = this.runs.flat();
      this.values = this.points;
      this.lines = [...group.querySelectorAll("polyline.line")];
      this.color = this.lines[0].getAttribute("stroke");
    }

    smooth(halfLife) {
      for (const line of this.group.querySelectorAll("polyline.smooth")) line.remove();
      this.values = halfLife > 0 ? smoothed(this.points, halfLife) : this.points;
      for (const line of this.lines) {
        if (halfLife > 0) line.setAttribute("stroke-opacity", "0.3");
        else line.removeAttribute("stroke-opacity");
      }
      if (halfLife <= 0) return;
      let first = 0;
      for (const run of this.runs) {
        const points = this.values.slice(first, first + run.length);
        first += run.length;
        const places = points.map(({ x, y }) => `${this.plot.left(x).toFixed(2)},${this.plot.top(y).toFixed(2)}`);
        this.group.append(drawn("polyline", {
          points: places.join(" "), class: "smooth", fill: "none", stroke: this.color, "stroke-width": "2", "stroke-linejoin": "round",
          "stroke-dasharray": this.lines[0].getAttribute("stroke-dasharray"),
        }));
      }
    }

    // The point that is nearest to a place, where one is near.
    near(left) {
      let best = -1;
      let least = NEAR;
      this.points.forEach((point, index) => {
        const distance = Math.abs(this.plot.left(point.x) - left);
        if (distance <= least) [best, least] = [index, distance];
      });
      return best < 0 ? null : { point: this.points[best], value: this.values[best] };
    }
  }

  class Plot {
    constructor(svg) {
      this.svg = svg;
      this.frame = JSON.parse(svg.dataset.plot);
      this.width = svg.viewBox.baseVal.width;
      this.series = [...svg.querySelectorAll("g.series")].map((group) => new Series(group, this));
      this.moments = [...svg.querySelectorAll("rect.moment")].map((rect) => ({
        left: Number(rect.getAttribute("x")) + Number(rect.getAttribute("width")) / 2, words: rect.textContent,
      }));
      // The cursor says it; two boxes at once would be in each other's way.
      for (const title of svg.querySelectorAll("g.series > title, rect.moment > title")) title.remove();
      const places = this.moments.length > 0
        ? this.moments.map((moment) => moment.left)
        : this.series.flatMap((one) => one.points.map((point) => this.left(point.x)));
      this.stops = [...new Set(places)].sort((one, other) => one - other);
      this.cursor = drawn("g", { class: "cursor", "pointer-events": "none" });
      svg.append(this.cursor);
      this.words = document.createElement("p");
      this.words.className = "readout";
      this.words.setAttribute("role", "status");
      svg.after(this.words);
      this.at = -1;
      if (this.stops.length > 0) this.listen();
    }

    left(x) {
      const [low, high] = this.frame.x;
      return this.frame.left + ((x - low) / (high - low)) * (this.frame.right - this.frame.left);
    }

    top(y) {
      const [low, high] = this.frame.y;
      return this.frame.bottom - ((y - low) / (high - low)) * (this.frame.bottom - this.frame.top);
    }

    listen() {
      const { svg } = this;
      svg.setAttribute("tabindex", "0");
      const follow = (event) => {
        const box = svg.getBoundingClientRect();
        this.show(this.nearest(((event.clientX - box.left) / box.width) * this.width));
      };
      svg.addEventListener("pointermove", follow);
      svg.addEventListener("pointerdown", follow);
      svg.addEventListener("pointerleave", () => this.show(-1));
      svg.addEventListener("blur", () => this.show(-1));
      svg.addEventListener("keydown", (event) => {
        const step = event.shiftKey ? 10 : 1;
        const to = {
          ArrowRight: this.at + step, ArrowLeft: this.at < 0 ? this.stops.length - 1 : this.at - step, Home: 0,
          End: this.stops.length - 1, Escape: -1,
        }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        this.show(event.key === "Escape" ? -1 : Math.min(Math.max(to, 0), this.stops.length - 1));
      });
    }

    nearest(left) {
      let [best, least] = [0, Infinity];
      this.stops.forEach((stop, index) => {
        const distance = Math.abs(stop - left);
        if (distance < least) [best, least] = [index, distance];
      });
      return best;
    }

    show(index) {
      this.at = index;
      this.cursor.replaceChildren();
      this.words.textContent = "";
      if (index < 0) return;
      const left = this.stops[index];
      this.cursor.append(drawn("line", {
        x1: left, x2: left, y1: this.frame.top, y2: this.frame.bottom, stroke: "#666666", "stroke-dasharray": "2 2",
      }));
      if (this.moments.length > 0) {
        this.words.textContent = this.moments.find((moment) => moment.left === left).words;
        return;
      }
      const found = this.series.map((one) => [one, one.near(left)]).filter(([, near]) => near !== null);
      for (const [one, near] of found) {
        this.cursor.append(drawn("circle", {
          cx: this.left(near.point.x), cy: this.top(near.value.y), r: 4, fill: one.color,
        }));
      }
      const values = found.map(([one, near]) => {
        const raw = near.value === near.point || near.value.y === near.point.y ? "" : ` (${shown(near.point.y)} unsmoothed)`;
        return `${this.series.length > 1 ? `${one.name} ` : ""}${shown(near.value.y)}${raw}`;
      });
      const place = `${this.svg.dataset.x} ${shown(found[0][1].point.x)}`.trim();
      this.words.textContent = `${place}: ${values.join(", ")}`;
    }
  }

  const plots = [...document.querySelectorAll("svg[data-plot]")].map((svg) => new Plot(svg));

  const controls = document.querySelector("form.controls");
  if (controls !== null) {
    const slider = controls.querySelector("input");
    const output = controls.querySelector("output");
    const given = Number(controls.dataset.smoothing);
    const offered = [...new Set([...OFFERED, given])].sort((one, other) => one - other);
    slider.max = String(offered.length - 1);
    slider.value = String(offered.indexOf(given));
    const smooth = () => {
      const halfLife = offered[Number(slider.value)];
      output.textContent = halfLife > 0 ? `half-life of ${halfLife} steps` : "off";
      slider.setAttribute("aria-valuetext", output.textContent);
      for (const plot of plots) {
        if (plot.svg.dataset.smooth === undefined) continue;
        for (const one of plot.series) one.smooth(halfLife);
        plot.show(plot.at);
      }
    };
    slider.addEventListener("input", smooth);
    controls.addEventListener("submit", (event) => event.preventDefault());
    smooth();
    controls.hidden = false;
  }
})();
