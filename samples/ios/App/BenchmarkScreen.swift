// Speed: how fast the open model reads prompts of several lengths, and answers after them.

import Charts
import SampleCore
import SwiftUI

struct BenchmarkScreen: View {
    let benchmark: Benchmark

    var body: some View {
        NavigationStack {
            List {
                Section {
                    if let fraction = benchmark.fraction {
                        ProgressView("Measuring", value: fraction)
                        Button("Stop", role: .cancel, action: benchmark.stop)
                    } else {
                        Button("Measure", action: benchmark.run).disabled(!benchmark.canRun)
                    }
                    if let executor = benchmark.executor { LabeledContent("Computed by", value: executor) }
                    if let problem = benchmark.problem { Problem(text: problem) }
                } footer: {
                    Text("The fastest of three rounds, each in a new conversation. Let nothing else run meanwhile.")
                }
                if !benchmark.readings.isEmpty {
                    SpeedChart(title: "Reading", readings: benchmark.readings, speed: \.prefill)
                    SpeedChart(title: "Writing", readings: benchmark.readings, speed: \.decode)
                }
            }
            .navigationTitle("Speed")
        }
    }
}

/// Tokens a second after prompts of several lengths.
private struct SpeedChart: View {
    let title: LocalizedStringKey
    let readings: [Benchmark.Reading]
    let speed: KeyPath<Benchmark.Reading, Double>

    var body: some View {
        Section(title) {
            Chart(readings) { reading in
                BarMark(
                    x: .value("Tokens of the prompt", reading.promptTokens.formatted()),
                    y: .value("Tokens a second", reading[keyPath: speed])
                )
                .annotation { Text(reading[keyPath: speed].short).font(.caption) }
            }
            .chartXAxisLabel("Tokens of the prompt")
            .chartYAxisLabel("Tokens a second")
            .frame(minHeight: 200)
        }
    }
}
