// Search: which shape of model is the fastest on this phone, with its progress and a plot of speed against depth.

import Charts
import SampleCore
import SwiftUI

struct SearchScreen: View {
    @Bindable var search: ShapeSearch

    var body: some View {
        NavigationStack {
            List {
                if search.isRunning { progress } else { wish }
                if let problem = search.problem { Problem(text: problem) }
                if search.isBlocked { Button("Delete it and begin anew", action: search.runAnew) }
                if !search.facts.isEmpty { FactRows(facts: search.facts) }
                if let warning = search.warning { Problem(text: warning) }
                if !search.points.isEmpty { plot }
            }
            .navigationTitle("Search")
            .onChange(of: search.isRunning) { UIApplication.shared.isIdleTimerDisabled = search.isRunning }
        }
    }

    private var wish: some View {
        Section {
            Picker("Parameters", selection: $search.size) {
                ForEach(ShapeSearch.Size.all) { size in Text(size.title).tag(size) }
            }
            Picker("What counts", selection: $search.aim) {
                ForEach(ShapeSearch.Aim.allCases) { aim in Text(aim.rawValue).tag(aim) }
            }
            Picker("Time", selection: $search.budget) {
                ForEach(ShapeSearch.Budget.allCases) { budget in Text(budget.title).tag(budget) }
            }
            Button("Search", action: search.run)
        } footer: {
            Text("Models with random weights are timed before one is trained. Keep the app in front meanwhile.")
        }
    }

    private var progress: some View {
        Section {
            ProgressView(search.stage, value: search.fraction)
            Button("Stop", role: .cancel, action: search.stop)
        }
    }

    private var plot: some View {
        Section("Depth and speed") {
            Chart(search.points) { point in
                PointMark(x: .value("Layers", point.layers), y: .value(search.unit, point.value))
                    .foregroundStyle(by: .value("Known", point.kind))
            }
            .chartXAxisLabel("Layers")
            .chartYAxisLabel(search.unit)
            .frame(minHeight: 240)
        }
    }
}
