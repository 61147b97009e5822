/// The page's files: one document for every view, and the style and script that it asks for, each by itself, so that the policy that it is sent
/// with needs no exception.
package enum PageFiles {
    /// The document. Which view it shows, its script reads off the address.
    package static let document = PageFile("index.html", PackageResources.index_html)
    /// What the document asks for, below /page/.
    package static let parts = [
        PageFile("clusters.js", PackageResources.clusters_js),
        PageFile("contract.css", PackageResources.contract_css),
        PageFile("controls.js", PackageResources.controls_js),
        PageFile("detail.js", PackageResources.detail_js),
        PageFile("docs.js", PackageResources.docs_js),
        PageFile("elements.js", PackageResources.elements_js),
        PageFile("figures.js", PackageResources.figures_js),
        PageFile("files.js", PackageResources.files_js),
        PageFile("histogram.js", PackageResources.histogram_js),
        PageFile("icon.svg", PackageResources.icon_svg),
        PageFile("layout.css", PackageResources.layout_css),
        PageFile("link.js", PackageResources.link_js),
        PageFile("main.js", PackageResources.main_js),
        PageFile("metrics.js", PackageResources.metrics_js),
        PageFile("moving.js", PackageResources.moving_js),
        PageFile("opening.js", PackageResources.opening_js),
        PageFile("panel.js", PackageResources.panel_js),
        PageFile("picture.js", PackageResources.picture_js),
        PageFile("saving.js", PackageResources.saving_js),
        PageFile("schema.js", PackageResources.schema_js),
        PageFile("scoring.js", PackageResources.scoring_js),
        PageFile("server.js", PackageResources.server_js),
        PageFile("status.js", PackageResources.status_js),
        PageFile("tables.js", PackageResources.tables_js),
        PageFile("theme.css", PackageResources.theme_css),
        PageFile("tiles.js", PackageResources.tiles_js),
        PageFile("tokens.css", PackageResources.tokens_css),
        PageFile("trial.js", PackageResources.trial_js),
        PageFile("weighting.js", PackageResources.weighting_js),
        PageFile("weights.js", PackageResources.weights_js),
        PageFile("yaml.js", PackageResources.yaml_js),
    ]
    /// A part by the last piece of its path; nil where there is none.
    package static func part(named name: String) -> PageFile? { byName[name] }

    private static let byName = Dictionary(uniqueKeysWithValues: parts.map { ($0.name, $0) })
}
